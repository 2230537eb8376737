import type { Api } from '../../contracts/api.ts';
import type { OutputOf } from '../../contracts/endpoint.ts';
import type { EvaluationView } from '../../domain/views.ts';
import { durationText, instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { everyPage, idNamed, productNamed, releaseNamed } from '../named.ts';
import { reasonIn, reasonOption } from '../reason.ts';
import { table } from '../text.ts';

export const pipeline = command(
  {
    summary: 'Show the pipeline of a product: its channels, its stages and what they judge',
    args: ['product'],
    options: {},
  },
  async (terminal, args) => {
    const { id } = await productNamed(terminal.client, args.product);
    const shown = await terminal.client.call('pipelines.show', { id });
    terminal.show(shown, () => [
      ...stateLines(shown),
      ...table(
        ['channel', 'following', 'newest', 'on it', 'upgrading'],
        shown.channels.map(({ name, following, releases: [newest] }) => [
          name,
          String(following),
          newest?.version ?? '–',
          String(newest?.on ?? 0),
          String(newest?.upgrading ?? 0),
        ]),
        'no channels',
      ),
      ...evaluationTable(shown.stages.flatMap((stage) => stage.evaluations)),
    ]);
    return 'ok';
  },
);

function stateLines({ pipeline: configured, window }: OutputOf<Api['pipelines.show']>): string[] {
  if (!configured) return ['no pipeline: nothing is promoted by itself'];
  const { paused } = configured;
  return [
    ...(paused ? [`paused by ${paused.by}: ${paused.reason}`] : []),
    ...(window.open
      ? []
      : [`window closed${window.nextOpen === null ? '' : ` until ${instantText(window.nextOpen)}`}`]),
  ];
}

export const pausePipeline = command(
  {
    summary: 'Stop a pipeline: nothing of the product moves by itself until it is resumed',
    args: ['product'],
    options: { reason: reasonOption },
  },
  async (terminal, args, given) => {
    const reason = reasonIn(given.reason, 'pipeline pause');
    const { id } = await productNamed(terminal.client, args.product);
    const paused = await terminal.client.call('pipelines.pause', { id, reason });
    terminal.show(paused, () => [`the pipeline of ${args.product} is paused`]);
    return 'ok';
  },
);

export const resumePipeline = command(
  { summary: 'Let a paused pipeline go on', args: ['product'], options: {} },
  async (terminal, args) => {
    const { id } = await productNamed(terminal.client, args.product);
    const resumed = await terminal.client.call('pipelines.resume', { id });
    terminal.show(resumed, () => [`the pipeline of ${args.product} goes on`]);
    return 'ok';
  },
);

export const promote = command(
  {
    summary: 'Promote a release by hand: skips soak and window, not recalls, labels or holds',
    args: ['product', 'version', 'channel'],
    options: { reason: reasonOption, from: { value: 'channel', text: 'the channel it comes from' } },
  },
  async (terminal, { product, version, channel }, given) => {
    const reason = reasonIn(given.reason, 'promote');
    const { id } = await releaseNamed(terminal.client, product, version);
    const release = await terminal.client.call('releases.promote', { id, channel, from: given.from, reason });
    terminal.show(release, () => [`${product} ${version} is on ${channel}`]);
    return 'ok';
  },
);

export const evaluations = command(
  {
    summary: 'List what stages say of releases, newest first',
    args: ['product'],
    options: {
      release: { value: 'version', text: 'only of this release' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, { product }, { release: version, limit }) => {
    const { id: productId } = await productNamed(terminal.client, product);
    const releaseId = version === undefined ? undefined : (await releaseNamed(terminal.client, product, version)).id;
    const page = await terminal.client.call('evaluations.list', { productId, releaseId, limit: limit ?? 20 });
    terminal.show(page, () => evaluationTable(page.items));
    return 'ok';
  },
);

export const evaluation = command(
  {
    summary: 'Show one evaluation: every requirement, and the soak of each test entity',
    args: ['evaluation'],
    options: {},
  },
  async (terminal, args) => {
    const id = idNamed(args.evaluation, 'the evaluation');
    const shown = await terminal.client.call('evaluations.show', { id });
    const { evaluation: one, requirements, cannotPass, entities } = shown;
    terminal.show(shown, () => [
      ...evaluationTable([one]),
      ...table(
        ['requirement', 'met', 'why not'],
        requirements.map(({ code, met, reason }) => [code, met ? 'yes' : 'no', reason?.sentence ?? '']),
        'no requirements',
      ),
      ...(cannotPass ? [cannotPass.sentence] : []),
      ...table(
        ['entity', 'hosts', 'soak', 'healthy', 'unhealthy', 'now'],
        entities.map(({ name, soak, nodes, nodesOnRelease, health }) => [
          name,
          `${nodesOnRelease} of ${nodes}`,
          soak ? durationText(soak.soakMs) : '–',
          soak ? durationText(soak.healthyMs) : '–',
          soak ? durationText(soak.unhealthyMs) : '–',
          health,
        ]),
        'no test entities',
      ),
    ]);
    return 'ok';
  },
);

export const reopen = command(
  {
    summary: 'Have a stage judge a release again that it has decided on',
    args: ['evaluation'],
    options: { reason: reasonOption },
  },
  async (terminal, args, given) => {
    const reason = reasonIn(given.reason, 'reopen');
    const reopened = await terminal.client.call('evaluations.reopen', {
      id: idNamed(args.evaluation, 'the evaluation'),
      reason,
    });
    terminal.show(reopened, () => [`${reopened.version} is judged again at ${reopened.source} → ${reopened.target}`]);
    return 'ok';
  },
);

export const automatic = command(
  {
    summary: 'List where automation would take each host of a product, and why it does not',
    args: ['product'],
    options: {},
  },
  async (terminal, args) => {
    const { id: productId } = await productNamed(terminal.client, args.product);
    const items = await everyPage((after) =>
      terminal.client.call('automaticInstalls.list', { productId, after, limit: 500 }),
    );
    const rows = items.map(({ host, target, reasons }) => [
      host,
      target ?? '–',
      reasons.map(({ sentence }) => sentence).join(' '),
    ]);
    terminal.show({ items }, () => table(['host', 'target', 'why not'], rows, 'automation looks after no host'));
    return 'ok';
  },
);

function evaluationTable(items: readonly EvaluationView[]): string[] {
  const rows = items.map(({ id, version, source, target, status, eligibleAt, reasons }) => [
    String(id),
    version,
    `${source} → ${target}`,
    status,
    eligibleAt === null ? '' : instantText(eligibleAt),
    reasons.map(({ sentence }) => sentence).join(' '),
  ]);
  return table(['evaluation', 'version', 'stage', 'status', 'earliest', 'why'], rows, 'nothing evaluated yet');
}
