import type { Api } from '../../contracts/api.ts';
import type { Client } from '../../contracts/client.ts';
import type { OutputOf } from '../../contracts/endpoint.ts';
import type { RecallRange } from '../../domain/recall-range.ts';
import { impactText, recallText, strategyText } from '../../domain/recall-request.ts';
import type { RecallStrategy } from '../../domain/recall.ts';
import type { RecallView } from '../../domain/views.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { jobLines } from '../follow-job.ts';
import { instantOf } from '../instant.ts';
import { everyHost, hostsNamed, idNamed, productNamed } from '../named.ts';
import { reasonIn, reasonOption } from '../reason.ts';
import { table } from '../text.ts';

type Preview = OutputOf<Api['recalls.preview']>;

export const recallOpen = command(
  {
    summary: 'Recall releases: served nowhere while it lasts, and hosts that run one are rolled off',
    args: ['product'],
    options: {
      release: { value: 'version', text: 'this release' },
      from: { value: 'version', text: 'this one and everything newer, what is yet to come too' },
      before: { value: 'version', text: 'with --from: up to this one, which is not recalled' },
      except: { value: 'a,b', text: 'leave these versions alone' },
      floor: { value: 'version', text: 'where there is no newer good release, go back, not below this one' },
      'freeze-until': { value: 'instant', text: 'nothing moves until then, such as 2026-11-21T18:00Z' },
      reason: reasonOption,
      'dry-run': { text: 'show what it would do and do nothing' },
    },
  },
  async (terminal, args, given) => {
    const { id: productId } = await productNamed(terminal.client, args.product);
    const except = given.except?.split(',').map((version) => version.trim()) ?? [];
    const input = { productId, range: rangeOf(given), except, strategy: strategyOf(given) };
    if (given['dry-run']) {
      const preview = await terminal.client.call('recalls.preview', input);
      terminal.show(preview, () => previewLines(preview));
      return preview.refusal ? 'refused' : 'ok';
    }
    const reason = reasonIn(given.reason, 'recall open');
    const opened = await terminal.client.call('recalls.open', { ...input, reason });
    terminal.show(opened, () => [recallLine(opened.recall), ...opened.jobs.flatMap(jobLines)]);
    return 'ok';
  },
);

export const recallList = command(
  {
    summary: 'List recalls, newest first',
    args: [],
    options: {
      product: { value: 'name', text: 'only of this product' },
      past: { text: 'also those that were reverted' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, _args, { product, past, limit }) => {
    const productId = product === undefined ? undefined : (await productNamed(terminal.client, product)).id;
    const state = past ? 'all' : 'standing';
    const page = await terminal.client.call('recalls.list', { productId, state, limit: limit ?? 20 });
    const products = new Map((await terminal.client.call('products.list', {})).items.map(({ id, name }) => [id, name]));
    const rows = page.items.map((recall) => [
      String(recall.id),
      products.get(recall.productId) ?? '',
      recallText(recall),
      strategyText(recall.strategy),
      recall.reason,
      recall.openedBy,
      recall.revertedBy === null ? 'stands' : `reverted by ${recall.revertedBy}`,
    ]);
    terminal.show(page, () =>
      table(['recall', 'product', 'covers', 'strategy', 'why', 'by', ''], rows, 'nothing is recalled'),
    );
    return 'ok';
  },
);

export const recallShow = command(
  { summary: 'What a recall covers, and what becomes of each host', args: ['recall'], options: {} },
  async (terminal, args) => {
    const shown = await terminal.client.call('recalls.show', { id: idNamed(args.recall, 'the recall') });
    terminal.show(shown, () => [
      recallLine(shown.recall),
      `covers ${shown.releases.map(({ version }) => version).join(', ') || 'no release now'}`,
      ...hostLines(shown.hosts),
      ...shown.jobs.flatMap(jobLines),
    ]);
    return 'ok';
  },
);

export const recallRollOff = command(
  {
    summary: 'Start the roll-offs that an automatic recall proposes, or that were tried in vain',
    args: ['recall'],
    options: { hosts: { value: 'a,b', text: 'these hosts; default: all that wait for a person' } },
  },
  async (terminal, args, given) => {
    const names = given.hosts?.split(',').map((name) => name.trim());
    const hostIds = names && (await hostIdsOf(terminal.client, names));
    const started = await terminal.client.call('recalls.rollOff', { id: idNamed(args.recall, 'the recall'), hostIds });
    terminal.show(started, () => started.jobs.flatMap(jobLines));
    return 'ok';
  },
);

export const recallRevert = command(
  { summary: 'End a recall; nothing is put back', args: ['recall'], options: { reason: reasonOption } },
  async (terminal, args, given) => {
    const reason = reasonIn(given.reason, 'recall revert');
    const recall = await terminal.client.call('recalls.revert', { id: idNamed(args.recall, 'the recall'), reason });
    terminal.show(recall, () => [`reverted recall ${recall.id} of ${recallText(recall)}`]);
    return 'ok';
  },
);

async function hostIdsOf(client: Client, names: readonly string[]): Promise<number[]> {
  return hostsNamed(await everyHost(client), names).map(({ id }) => id);
}

function rangeOf({ release, from, before }: { release?: string; from?: string; before?: string }): RecallRange {
  if (release !== undefined && from === undefined && before === undefined) return { only: release };
  if (release === undefined && from !== undefined) return before === undefined ? { from } : { from, before };
  throw new UsageError('recall open needs what to recall: --release, or --from, alone or with --before.');
}

function strategyOf(given: { floor?: string; 'freeze-until'?: string }): RecallStrategy {
  const { floor, 'freeze-until': until } = given;
  if (floor !== undefined && until !== undefined) {
    throw new UsageError('recall open takes --floor or --freeze-until, not both.');
  }
  if (floor !== undefined) return { type: 'downgrade', floor };
  return until === undefined ? { type: 'forward' } : { type: 'freeze', until: instantOf('--freeze-until', until) };
}

function recallLine(recall: RecallView): string {
  const over = recall.revertedBy === null ? '' : `, reverted by ${recall.revertedBy}: ${recall.revertReason}`;
  return `recall ${recall.id} of ${recallText(recall)} (${strategyText(recall.strategy)}) by ${recall.openedBy}: ${recall.reason}${over}`;
}

function previewLines({ releases, hosts, stops, evaluations, refusal }: Preview): string[] {
  const counts = Object.fromEntries(
    [...Map.groupBy(hosts, ({ outcome }) => outcome)].map(([outcome, group]) => [outcome, group.length]),
  );
  return [
    `covers ${releases.map(({ version }) => version).join(', ') || 'no release now'}: ${impactText(counts)}`,
    ...hostLines(hosts),
    ...stops.map(({ jobId, kind, version }) => `stops job ${jobId}, ${kind} of ${version}`),
    ...evaluations.map(({ version, source, target }) => `ends the evaluation of ${version} at ${source} → ${target}`),
    ...(refusal ? [refusal.sentence] : []),
  ];
}

function hostLines(hosts: Preview['hosts']): string[] {
  const rows = hosts.map((host) => [
    host.name,
    host.environment,
    host.version,
    host.outcome.replace('_', ' '),
    host.target?.version ?? '–',
    host.reason?.sentence ?? '',
  ]);
  return table(['host', 'environment', 'runs', 'outcome', 'to', 'why'], rows, 'no host runs it');
}
