import type { KnownBlock } from '@slack/types';
import { BUDGET_HINT, WAVES_HINT } from '../../../server/contracts/plan-text.ts';
import type { SlackDraftInput } from '../../../server/contracts/slack.ts';
import type { ReleaseView } from '../../../server/domain/views.ts';
import { counted, instantText } from '../../../server/domain/wording.ts';
import type { HostChoice } from '../../../server/services/host/choices.ts';
import { inline, plain } from '../../cards/escape.ts';
import type { DialogOption } from '../../entries.ts';
import type { Dialog } from '../../message.ts';
import { chosenIds, hostOption, matching, OPTIONS_MAX, pickedLabels } from '../selection.ts';
import {
  box,
  boxes,
  dialog,
  divider,
  note,
  notice,
  REASON_MAX,
  section,
  textField,
  typeAhead,
  typeAheadMany,
  type Field,
} from './parts.ts';
import { glassBlocks } from './glass.ts';
import { pathBlocks } from './required-path.ts';
import { firstLines, wayNotes } from './way-notes.ts';
import { closedHosts, overrideBlocks } from './window-override.ts';
import { planLines, type InstallPreview } from './plan-lines.ts';

export type InstallDraft = Extract<SlackDraftInput, { dialog: 'install' }>;

export interface InstallFacts {
  readonly draftId: string;
  readonly input: InstallDraft;
  /** Null: none has been picked. */
  readonly chosen: { readonly release: ReleaseView; readonly product: string; readonly url: string } | null;
  readonly hosts: readonly HostChoice[];
  /** Null: nothing to judge yet, or `problems` says what cannot be read. */
  readonly preview: InstallPreview | null;
  /** What cannot be read, one sentence each. */
  readonly problems: readonly string[];
  readonly notice: string | null;
  readonly mayBreakGlass: boolean;
  /** What holds where a field is empty. */
  readonly defaults: { readonly waves: string; readonly maxFailures: string };
}

/** With more in a list, boxes no longer fit: then hosts are found by typing. */
const BOXES = 10;

export function installDialog(facts: InstallFacts): Dialog {
  const { chosen, preview, draftId } = facts;
  const glass = breaksGlass(facts);
  const passes = glass || goesByPath(facts);
  const count =
    preview?.hosts.filter(({ outcome }) => outcome === 'install' || (passes && outcome === 'refuse')).length ?? 0;
  return dialog({
    title: 'Install Update',
    submit: count > 0 ? `Install Now (${count})` : 'Install Now',
    draftId,
    blocks: [
      ...notice(facts.notice),
      ...releaseBlocks(facts),
      ...(chosen
        ? [...hostBlocks(facts, chosen.release.productId), ...planFields(facts), ...previewBlocks(facts)]
        : []),
    ],
  });
}

function releaseBlocks({ input, chosen }: InstallFacts): KnownBlock[] {
  const picker = typeAhead({
    field: 'release',
    label: 'Release',
    placeholder: 'Type a product or a version',
    chosen: chosen && {
      text: plain(`${chosen.product} ${chosen.release.version}`, 75),
      value: String(chosen.release.id),
    },
  });
  const pickers = input.picks ? [picker] : [];
  if (!chosen) return [...pickers, note(['Choose a release: then its hosts and the plan appear here.'])];
  const { release, product, url } = chosen;
  const facts = [
    release.channels.length > 0 ? `on ${inline(release.channels.join(', '), 200)}` : 'active on no channel',
    `published ${instantText(release.publishedAt)}`,
    ...(release.package === 'present' ? [] : ['*its package is not on the server: download it first*']),
    ...(release.required ? ['required'] : []),
  ];
  const notes = firstLines(release.notes);
  return [
    ...pickers,
    section([`*<${url}|${inline(product, 80)} ${inline(release.version, 80)}>*`, facts.join(' · ')]),
    ...release.demotions.slice(0, 3).map(({ channel, by, reason }) => {
      return section([`△ Demoted on ${inline(channel, 80)} by ${inline(by, 80)}: ${inline(reason, 300)}`]);
    }),
    ...(notes === null ? [] : [note([notes])]),
    divider,
  ];
}

function hostBlocks(facts: InstallFacts, productId: number): KnownBlock[] {
  const { input, hosts } = facts;
  const free = matching(hosts, {});
  const chosen = chosenIds(hosts, input).length;
  const narrowed = Object.keys(input.labels).length > 0;
  return [
    section([`*Hosts:* ${counted(chosen, 'host')} of ${free.length} chosen`, ...stoppedLines(hosts)]),
    box({
      field: 'all',
      of: productId,
      label: 'All of them',
      text: narrowed ? 'Select all that match the labels' : 'Select all',
      on: input.all === true,
    }),
    ...(hosts.length > BOXES || narrowed ? [labelField(input, productId)] : []),
    ...(input.all ? exceptField(facts, productId) : listBlocks(facts, productId)),
  ];
}

function stoppedLines(hosts: readonly HostChoice[]): string[] {
  const stopped = hosts.filter(({ stop }) => stop !== null);
  if (stopped.length === 0) return [];
  const more = stopped.length > 1 ? ` (and ${stopped.length - 1} more that cannot be chosen)` : '';
  return [`${inline(stopped[0]?.stop ?? '', 300)}${more}`];
}

function labelField({ labels }: InstallDraft, productId: number): KnownBlock {
  return typeAheadMany({
    field: 'labels',
    of: productId,
    label: 'Labels',
    hint: 'Narrows "Select all" and what typing finds. Several must all hold.',
    placeholder: 'region=eu',
    optional: true,
    chosen: pickedLabels(labels),
  });
}

function exceptField({ hosts, input }: InstallFacts, productId: number): KnownBlock[] {
  const left = new Set(input.except);
  const field = typeAheadMany({
    field: 'except',
    of: productId,
    label: 'Leave out',
    placeholder: 'Type a host',
    optional: true,
    chosen: hosts.filter(({ id }) => left.has(id)).map(hostOption),
  });
  return hosts.length > 1 ? [field] : [];
}

function listBlocks(facts: InstallFacts, productId: number): KnownBlock[] {
  const { input } = facts;
  if (input.hostIds.length > OPTIONS_MAX) {
    const count = counted(input.hostIds.length, 'host');
    return [
      note([`${count} were named when this was opened: too many to list. Select all, with labels, replaces them.`]),
    ];
  }
  return [
    ...listBlock(facts, 'management', 'Management Server', productId),
    ...listBlock(facts, 'targets', 'Hosts', productId),
  ];
}

function listBlock(facts: InstallFacts, field: Field, label: string, productId: number): KnownBlock[] {
  const { input, hosts } = facts;
  const role = field === 'management' ? 'management' : 'target';
  const picked = new Set(chosenIds(hosts, input));
  const listed = hosts.filter((host) => host.role === role && (host.stop === null || picked.has(host.id)));
  const options: DialogOption[] = listed.map(hostOption);
  if (options.length === 0) return [];
  const chosen = listed.filter(({ id }) => picked.has(id));
  const common = { field, label, of: productId, optional: true };
  if (hosts.length <= BOXES) return [boxes({ ...common, options, chosen: chosen.map(({ id }) => String(id)) })];
  return [
    typeAheadMany({ ...common, placeholder: 'Type a name, environment or version', chosen: chosen.map(hostOption) }),
  ];
}

function planFields({ input, defaults }: InstallFacts): KnownBlock[] {
  return [
    divider,
    textField({
      field: 'waves',
      label: 'Waves',
      hint: WAVES_HINT,
      value: input.waves ?? defaults.waves,
      placeholder: defaults.waves,
      max: 200,
      optional: true,
      live: true,
    }),
    textField({
      field: 'budget',
      label: 'Failure budget',
      hint: `${BUDGET_HINT} More bad hosts than this halt the job.`,
      value: input.maxFailures ?? defaults.maxFailures,
      placeholder: defaults.maxFailures,
      max: 20,
      optional: true,
      live: true,
    }),
    textField({
      field: 'reason',
      label: 'Reason',
      value: input.reason,
      placeholder: 'Whoever approves it reads this',
      max: REASON_MAX,
      multiline: true,
      optional: true,
    }),
  ];
}

function breaksGlass({ input, preview, mayBreakGlass }: InstallFacts): boolean {
  return input.breakGlass === true && mayBreakGlass && preview?.passable === true;
}

/** Whether the plan passes closed windows; where none is closed any more there is nothing to pass. */
export function overrides({ input, preview }: Pick<InstallFacts, 'input' | 'preview'>): boolean {
  return input.override === true && preview !== null && closedHosts(preview).length > 0;
}

/** Whether it goes by way of the required releases between; glass that is broken goes past them instead. */
export function goesByPath({ input, preview }: Pick<InstallFacts, 'input' | 'preview'>): boolean {
  return input.path === true && input.breakGlass !== true && (preview?.path?.legs.length ?? 0) > 0;
}

function previewBlocks(facts: InstallFacts): KnownBlock[] {
  const { chosen, preview, problems, input, mayBreakGlass } = facts;
  if (problems.length > 0) return [divider, section(problems.map((problem) => `△ ${inline(problem, 500)}`))];
  if (!preview) return [divider, note(['Choose at least one host: the plan appears here.'])];
  return [
    divider,
    section(planLines(preview, breaksGlass(facts), overrides(facts))),
    ...wayNotes(preview.notes, preview.release.version, chosen?.url ?? ''),
    ...(preview.path ? pathBlocks(preview.path, input) : []),
    ...(closedHosts(preview).length > 0 ? overrideBlocks(input) : []),
    ...(preview.passable && mayBreakGlass ? glassBlocks(input) : []),
  ];
}
