import { evaluationViews } from '../../../db/queries/pipeline-views.ts';
import { pipelineDueAt, pipelineOfProduct } from '../../../db/queries/pipelines.ts';
import { channelsOfProduct } from '../../../db/queries/evaluations.ts';
import { one, productViews } from '../../../db/queries/views.ts';
import { isRecalled } from '../../domain/recall.ts';
import type { ProductView } from '../../domain/views.ts';
import { windowState } from '../../domain/windows.ts';
import { verb } from '../verb.ts';
import { readPipelineFacts, type PipelineFacts } from './facts.ts';
import { demandProduct } from './find.ts';

const RELEASES_SHOWN = 50;

/** The pipeline of a product as a graph: channels with their releases and who runs them, the stages between. */
export const showPipeline = verb('pipeline.read', async (ctx, _actor, { id }: { id: number }) => {
  const product = await demandProduct(ctx.db, id, 'Show');
  const now = ctx.clock.now();
  const facts = await readPipelineFacts(ctx.db, product, null, now);
  const channels = await channelsOfProduct(ctx.db, id);
  const shown = facts.settings.stages.map((stage) => ({ stage, ids: shownAt(facts, stage) }));
  const views = await evaluationViews(
    ctx.db,
    shown.flatMap(({ ids }) => ids),
  );
  return {
    product: (await one(productViews, ctx.db, id)) as ProductView,
    pipeline: (await pipelineOfProduct(ctx.db, id)) ?? null,
    window: windowState(facts.settings.windows, now),
    nextLookAt: await pipelineDueAt(ctx.db, id),
    channels: channels.map((channel) => ({ ...channel, ...channelOf(facts, channel) })),
    stages: shown.map(({ stage, ids }) => ({ stage, evaluations: views.filter((view) => ids.includes(view.id)) })),
  };
});

/** The undecided evaluations of a stage, and the latest. */
function shownAt({ known }: PipelineFacts, { source, target }: { source: string; target: string }): number[] {
  const own = known.filter((evaluation) => evaluation.source === source && evaluation.target === target);
  const latest = own.at(-1);
  return own.filter((evaluation) => evaluation.endedAt === null || evaluation === latest).map(({ id }) => id);
}

function channelOf(facts: PipelineFacts, { id, name }: { id: number; name: string }) {
  const followers = facts.candidates.filter(({ channelId }) => channelId === id);
  const newest = (facts.byChannel.get(name) ?? []).toReversed().slice(0, RELEASES_SHOWN);
  const releases = newest.map(({ releaseId, version, sequence, promotedAt, promotedBy, demoted }) => {
    const on = followers.filter((follower) => facts.soaking.get(follower.id)?.releaseId === releaseId);
    const some = followers.filter((follower) =>
      (facts.nodes.get(follower.id) ?? []).some((node) => node.releaseId === releaseId),
    );
    const recalled = isRecalled(facts.recalls, version);
    const counts = { on: on.length, upgrading: some.length - on.length };
    return { releaseId, version, sequence, promotedAt, promotedBy, demoted, recalled, ...counts };
  });
  return { following: followers.length, releases };
}
