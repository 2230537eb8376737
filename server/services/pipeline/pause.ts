import { pipelineViews } from '../../../db/queries/pipeline-views.ts';
import { setPipelinePause } from '../../../db/queries/pipelines.ts';
import { lockProduct } from '../../../db/queries/releases.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { instantText } from '../../domain/wording.ts';
import type { PipelineView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { productTarget } from '../targets.ts';
import { verb, type Actor } from '../verb.ts';
import { demandPipeline } from './find.ts';
import { wakePipeline } from './wake.ts';

/** Nothing of the product moves by itself: no promotion, no recall by a stage, no automatic install. */
export const pausePipeline = verb(
  'pipeline.pause',
  (ctx, actor, { id, reason }: { id: number; reason: string }) =>
    change(ctx, actor, id, 'Pause', ({ paused }, now) => {
      if (!paused) return { at: now, by: actor.name, reason };
      const sentence = `Pause refused: ${paused.by} paused it already at ${instantText(paused.at)}: "${paused.reason}".`;
      throw new Refusal('stale', sentence, { reason: 'already_paused' });
    }),
  (ctx, { id }) => productTarget(ctx, { productId: id }),
);

export const resumePipeline = verb(
  'pipeline.pause',
  (ctx, actor, { id }: { id: number }) =>
    change(ctx, actor, id, 'Resume', ({ paused }) => {
      if (paused) return null;
      throw new Refusal('stale', 'Resume refused: the pipeline is not paused.', { reason: 'not_paused' });
    }),
  (ctx, { id }) => productTarget(ctx, { productId: id }),
);

/** Under the product's lock, as a look is: no look that is under way moves anything after a pause. */
function change(
  ctx: Context,
  actor: Actor,
  productId: number,
  what: 'Pause' | 'Resume',
  pauseAfter: (pipeline: PipelineView, now: number) => PipelineView['paused'],
): Promise<PipelineView> {
  return transact(ctx, async (tx) => {
    await lockProduct(tx, productId);
    const pipeline = await demandPipeline(tx, productId, what);
    const now = ctx.clock.now();
    const pause = pauseAfter(pipeline, now);
    await setPipelinePause(tx, pipeline.id, pause);
    const detail = pause ? { reason: pause.reason } : {};
    await record(tx, { now, actor: actor.name }, pause ? 'pipeline.paused' : 'pipeline.resumed', [pipeline.id], detail);
    await wakePipeline(ctx, tx, productId);
    return (await one(pipelineViews, tx, pipeline.id)) as PipelineView;
  });
}
