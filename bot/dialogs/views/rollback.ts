import type { KnownBlock } from '@slack/types';
import { counted, listed } from '../../../server/domain/wording.ts';
import type { previewRollback } from '../../../server/services/rollback/preview.ts';
import { inline, plain } from '../../cards/escape.ts';
import type { DialogOption } from '../../entries.ts';
import type { Dialog } from '../../message.ts';
import type { InputOf } from '../kind.ts';
import { OPTIONS_MAX } from '../selection.ts';
import { glassBlocks } from './glass.ts';
import { box, dialog, divider, note, notice, REASON_MAX, section, textField, typeAheadMany } from './parts.ts';
import { named } from './plan-lines.ts';

export type RollbackPreview = Awaited<ReturnType<typeof previewRollback.run>>;
type Host = RollbackPreview['hosts'][number];

export interface RollbackFacts {
  readonly draftId: string;
  readonly input: InputOf<'rollback'>;
  readonly product: string;
  readonly preview: RollbackPreview;
  /** Who has to agree, and what stands in the way, in words of ours. */
  readonly obstacles: readonly string[];
  readonly notice: string | null;
  readonly mayBreakGlass: boolean;
}

export function rollbackDialog(facts: RollbackFacts): Dialog {
  const { input, preview, draftId } = facts;
  const covered = preview.hosts.filter(({ chosen }) => chosen);
  const brokenGlass = input.breakGlass === true && preview.passable && facts.mayBreakGlass;
  return dialog({
    title: 'Roll back',
    submit: covered.length > 0 ? `Roll back (${covered.length})` : 'Roll back',
    draftId,
    blocks: [
      ...notice(facts.notice),
      section(headLines(facts)),
      ...hostField(facts),
      box({
        field: 'healthy',
        label: 'Healthy hosts',
        text: 'Include hosts that are healthy',
        on: input.includeHealthy,
      }),
      divider,
      section([...planLines(preview, brokenGlass), ...facts.obstacles.map((line) => `◷ ${inline(line, 600)}`)]),
      ...(preview.stuck.length > 0 ? [section(stuckLines(facts))] : []),
      ...(preview.passable && facts.mayBreakGlass ? glassBlocks(input) : []),
      divider,
      textField({ field: 'reason', label: 'Reason', value: input.reason, max: REASON_MAX, multiline: true }),
    ],
  });
}

function headLines({ product, preview }: RollbackFacts): string[] {
  const { jobId, from } = preview;
  return [
    `*${inline(product, 80)} ${inline(from.version, 80)}* (job ${jobId}) is rolled back on its affected hosts, to what was good on each.`,
    'It is barred from them afterwards, and automatic installs too, until somebody releases that hold.',
  ];
}

/** Empty: the affected ones. */
function hostField({ input, preview }: RollbackFacts): KnownBlock[] {
  const chosen = new Set(input.hostIds);
  if (chosen.size > OPTIONS_MAX)
    return [note([`${chosen.size} hosts were named when this was opened: too many to list.`])];
  const field = typeAheadMany({
    field: 'hosts',
    label: 'Only these hosts',
    hint: 'Empty: every affected host of the job.',
    placeholder: 'Type a host',
    optional: true,
    chosen: preview.hosts.filter(({ hostId }) => chosen.has(hostId)).map(rollbackOption),
  });
  return preview.hosts.length > 1 || chosen.size > 0 ? [field] : [];
}

export function rollbackOption(host: Host): DialogOption {
  const rest = ` · ${stateOf(host)}`;
  return { text: plain(host.name, 75 - rest.length) + rest, value: String(host.hostId) };
}

function stateOf({ causes }: Host): string {
  return causes.length === 0 ? 'healthy' : causes.join(', ');
}

function planLines({ hosts, jobs, refusal }: RollbackPreview, brokenGlass: boolean): string[] {
  const chosen = hosts.filter((host) => host.chosen);
  const affected = hosts.filter(({ causes }) => causes.length > 0);
  const installs = chosen.filter(({ outcome }) => outcome === 'install');
  const skipped = chosen.filter(({ outcome }) => outcome === 'skip');
  return [
    `*Plan:* ${counted(installs.length, 'host')} of ${hosts.length} go back; ${affected.length} affected`,
    ...targetLines(installs),
    ...(skipped.length > 0 ? [`• Back already and healthy, nothing to do: ${named(skipped)}`] : []),
    ...warningLines(chosen),
    ...jobs
      .slice(0, 5)
      .map(({ version, waves }) => `• Waves to ${inline(version, 60)}: ${waves.slice(0, 12).join(' → ')}`),
    ...refusedLines(chosen, brokenGlass),
    ...(refusal && !chosen.some(isRefused) ? [`✗ ${inline(refusal.sentence, 600)}`] : []),
    ...leftOut(hosts),
  ];
}

/** By known-good release: it need not be the same on each host. */
function targetLines(installs: readonly Host[]): string[] {
  const groups = [...Map.groupBy(installs, ({ target }) => target?.version ?? '')].slice(0, 10);
  return groups.map(([version, hosts]) => {
    const sent = hosts.filter(({ onHost }) => !onHost).length;
    const how = sent === 0 ? 'still on them' : sent === hosts.length ? 'sent again' : `${sent} get it sent again`;
    return `• To *${inline(version, 80)}* (${how}): ${causesOf(hosts)}`;
  });
}

function causesOf(hosts: readonly Host[]): string {
  const shown = hosts.slice(0, 8).map((host) => `${inline(host.name, 60)} (${stateOf(host)})`);
  return hosts.length > 8 ? `${shown.join(', ')} and ${hosts.length - 8} more` : listed(shown);
}

function warningLines(chosen: readonly Host[]): string[] {
  const sentences = new Set(chosen.flatMap(({ warnings }) => warnings.map(({ sentence }) => sentence)));
  return [...sentences].slice(0, 3).map((sentence) => `△ ${inline(sentence, 300)}`);
}

function isStuck({ reason }: Host): boolean {
  return reason?.code === 'no_known_good';
}

function isRefused(host: Host): boolean {
  return host.outcome === 'refuse' && !isStuck(host);
}

function refusedLines(chosen: readonly Host[], brokenGlass: boolean): string[] {
  const groups = [...Map.groupBy(chosen.filter(isRefused), ({ reason }) => reason?.code ?? 'refused').values()];
  return groups.slice(0, 5).map((hosts) => {
    const mark = brokenGlass ? '△ Passed by break-glass' : '✗ Refused';
    return `${mark} on ${named(hosts)}: ${inline(hosts[0]?.reason?.sentence ?? 'Refused.', 600)}`;
  });
}

function leftOut(hosts: readonly Host[]): string[] {
  const left = hosts.filter(({ chosen, causes }) => !chosen && causes.length > 0);
  return left.length === 0 ? [] : [`△ Affected and left out: ${named(left)}`];
}

/** Rule: section 9 (no known-good release). */
function stuckLines({ preview, product }: RollbackFacts): string[] {
  const names = preview.stuck.map((name) => ({ name }));
  return [
    `✗ *No known-good release* for ${named(names)}: nothing is installed there.`,
    `The job is halted, ${inline(product, 80)} is held in its environments, and an incident is opened with the evidence.`,
  ];
}
