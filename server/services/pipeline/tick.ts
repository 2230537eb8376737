import { storeStays } from '../../../db/queries/evaluations.ts';
import { setPipelineDue } from '../../../db/queries/pipelines.ts';
import { findProduct, lockProduct, type ProductRow } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Reader } from '../../../db/connect.ts';
import { lookAtInstalls, type AutomaticLook } from '../automatic/choose.ts';
import { readAutomaticFacts } from '../automatic/facts.ts';
import { applyInstalls, downloadMissing } from '../automatic/start.ts';
import { soonest } from '../../domain/stages.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { applyJudgements, newStays } from './apply.ts';
import { readPipelineFacts, type PipelineFacts } from './facts.ts';
import { lookAtPipeline, type Judgement } from './look.ts';
import { isNews } from './news.ts';
import { newSoakMemory, type SoakMemory } from './soak-memory.ts';
import { wakePipeline } from './wake.ts';

/** What this process remembers of each product's soaks between two looks. */
export type PipelineMemory = Map<number, SoakMemory>;

/** One look at everything that a product moves by itself. */
interface Look {
  facts: PipelineFacts;
  judgements: Judgement[];
  installs: AutomaticLook;
}

/**
 * One look at a product's pipeline. It reads and judges without holding anything; only where that says something new it
 * judges again in a transaction, under the product's lock, and applies what it finds there. Rule: section 7 (When).
 */
export async function tickPipeline(ctx: Context, memories: PipelineMemory, productId: number): Promise<void> {
  const product = await findProduct(ctx.db, productId);
  if (!product) return;
  const memory = memories.get(productId) ?? newSoakMemory();
  memories.set(productId, memory);
  const look = await lookAt(ctx.db, product, memory, ctx.clock.now());
  if (saysNews(look)) await applyAnew(ctx, productId, memory);
  else await transact(ctx, (tx) => setNextLook(ctx, tx, productId, look));
  await downloadMissing(ctx, look.facts, look.installs.missing);
}

async function lookAt(reader: Reader, product: ProductRow, memory: SoakMemory, now: number): Promise<Look> {
  const facts = await readPipelineFacts(reader, product, memory, now);
  const judgements = facts.settings.paused ? [] : lookAtPipeline(facts, now);
  const installs = lookAtInstalls(facts, await readAutomaticFacts(reader, facts), judgements, now);
  return { facts, judgements, installs };
}

function saysNews({ facts, judgements, installs }: Look): boolean {
  const starts = installs.news.length + installs.installs.length > 0;
  return starts || judgements.some(isNews) || newStays(facts, judgements).length > 0;
}

/** The facts may be others by now: whatever is written is judged on what the transaction itself reads. */
async function applyAnew(ctx: Context, productId: number, memory: SoakMemory): Promise<void> {
  await transact(ctx, async (tx) => {
    const product = await lockProduct(tx, productId);
    if (!product) return;
    const occasion = { now: ctx.clock.now(), actor: signalboxActor.name };
    const look = await lookAt(tx, product, memory, occasion.now);
    const { facts, judgements, installs } = look;
    await storeStays(tx, newStays(facts, judgements));
    const moved = await applyJudgements(ctx, tx, occasion, facts, judgements.filter(isNews));
    await applyInstalls(ctx, tx, occasion, facts, installs);
    await setNextLook(ctx, tx, productId, look);
    // What has moved may be due at the next stage at once.
    if (moved) await wakePipeline(ctx, tx, productId);
  });
}

/** After the interval, or at the instant before it at which the clock alone can change an outcome. Rule: section 7 (When). */
async function setNextLook(
  ctx: Context,
  tx: Transaction,
  productId: number,
  { facts, judgements, installs }: Look,
): Promise<void> {
  const now = ctx.clock.now();
  const thaws = facts.recalls.map(({ strategy }) => (strategy.type === 'freeze' ? strategy.until : null));
  const next = soonest(now, [...judgements.map(({ verdict }) => verdict.nextAt), installs.nextAt, ...thaws]);
  const byInterval = now + ctx.config.pipelineMs;
  const at = next === null ? byInterval : Math.min(byInterval, next);
  await setPipelineDue(tx, productId, at, facts.product.pipelineDueAt);
}
