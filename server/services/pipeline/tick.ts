import { storeStays } from '../../../db/queries/evaluations.ts';
import { bringForward } from '../../../db/queries/pipelines.ts';
import { findProduct, lockProduct } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Context, Transaction } from '../context.ts';
import type { Occasion } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';
import { applyJudgements, newStays } from './apply.ts';
import { readPipelineFacts, type PipelineFacts } from './facts.ts';
import { lookAtPipeline, type Judgement } from './look.ts';
import { isNews } from './news.ts';
import { wakePipeline } from './wake.ts';
import { newSoakMemory, type SoakMemory } from './soak-memory.ts';

/** What this process remembers of each product's soaks between two looks. */
export type PipelineMemory = Map<number, SoakMemory>;

/**
 * One look at a product's pipeline. It reads and judges without holding anything; only where that says something new it
 * judges again in a transaction, under the product's lock, and applies what it finds there. Rule: section 7 (When).
 */
export async function tickPipeline(ctx: Context, memories: PipelineMemory, productId: number): Promise<void> {
  const product = await findProduct(ctx.db, productId);
  if (!product) return;
  const memory = memories.get(productId) ?? newSoakMemory();
  memories.set(productId, memory);
  const now = ctx.clock.now();
  const facts = await readPipelineFacts(ctx.db, product, memory, now);
  const judgements = facts.settings.paused ? [] : lookAtPipeline(facts, now);
  const news = judgements.some(isNews) || newStays(facts, judgements).length > 0;
  if (news) await applyAnew(ctx, productId, memory);
  else await transact(ctx, (tx) => wakeAt(tx, productId, judgements));
}

/** The facts may be others by now: whatever is written is judged on what the transaction itself reads. */
async function applyAnew(ctx: Context, productId: number, memory: SoakMemory): Promise<void> {
  await transact(ctx, async (tx) => {
    const product = await lockProduct(tx, productId);
    if (!product) return;
    const occasion: Occasion = { now: ctx.clock.now(), actor: signalboxActor.name };
    const facts = await readPipelineFacts(tx, product, memory, occasion.now);
    if (facts.settings.paused) return;
    const judgements = lookAtPipeline(facts, occasion.now);
    await storeStays(tx, newStays(facts, judgements));
    const moved = await applyNews(ctx, tx, occasion, facts, judgements);
    await wakeAt(tx, productId, judgements);
    // What has moved may be due at the next stage at once.
    if (moved) await wakePipeline(ctx, tx, productId);
  });
}

function applyNews(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  facts: PipelineFacts,
  judgements: readonly Judgement[],
): Promise<boolean> {
  return applyJudgements(ctx, tx, occasion, facts, judgements.filter(isNews));
}

/** The next instant at which the clock alone can change an outcome; the look that comes anyway is no later for it. */
async function wakeAt(tx: Transaction, productId: number, judgements: readonly Judgement[]): Promise<void> {
  const instants = judgements.flatMap(({ verdict }) => verdict.nextAt ?? []);
  if (instants.length > 0) await bringForward(tx, productId, Math.min(...instants));
}
