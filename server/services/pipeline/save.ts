import { isDeepStrictEqual } from 'node:util';
import { channelNames, declareRows, lockFleet } from '../../../db/queries/fleet.ts';
import { pipelineViews } from '../../../db/queries/pipeline-views.ts';
import { pipelineOfProduct } from '../../../db/queries/pipelines.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { pipelineOf, pipelineProblems, type DeclaredPipeline } from '../../contracts/pipeline-file.ts';
import type { PipelineView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { record } from '../log/record.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { demandProduct } from './find.ts';
import { wakePipeline } from './wake.ts';

/**
 * Configures a product's pipeline, unless a fleet file owns it. It counts from the next look on; what is under way keeps
 * its history. Rule: section 7.
 */
export const savePipeline = verb(
  'pipeline.save',
  (ctx, actor, { id, ...declared }: DeclaredPipeline & { id: number }): Promise<PipelineView> =>
    transact(ctx, async (tx) => {
      await lockFleet(tx);
      const product = await demandProduct(tx, id, 'Save');
      const known = await pipelineOfProduct(tx, id);
      demandMadeByHand(product.name, known);
      await demandSound(tx, product.name, declared);
      const rules = pipelineOf(declared);
      if (known && isDeepStrictEqual(known, { ...known, ...rules })) return known;
      const [rowId] = (await declareRows(tx, 'pipeline', [{ ...rules, productId: id, managedBy: null }])) as [number];
      await record(tx, { now: ctx.clock.now(), actor: actor.name }, 'pipeline.declared', [rowId]);
      await wakePipeline(ctx, tx, id);
      return (await one(pipelineViews, tx, rowId)) as PipelineView;
    }),
  (ctx, { id }) => productTarget(ctx, { productId: id }),
);

/** The next apply would undo what somebody does to it here. */
function demandMadeByHand(product: string, known: PipelineView | undefined): void {
  if (!known?.managedBy) return;
  const sentence = `Save refused: the pipeline of ${product} is declared by ${known.managedBy}. Change it there and apply the file.`;
  throw new Refusal('refused', sentence, { reason: 'declared_by_file' });
}

async function demandSound(tx: Transaction, product: string, declared: DeclaredPipeline): Promise<void> {
  const problems = pipelineProblems(declared, (await channelNames(tx)).get(product) ?? []);
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  throw new Refusal('refused', `Save refused: ${first.message.replace(/\.$/, '')}${more}. Correct it and save again.`, {
    reason: 'pipeline_faulty',
    errors: problems.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}
