import { insertEvaluation, updateEvaluation } from '../../../db/queries/evaluations.ts';
import { findRelease, lockProduct, type ProductRow } from '../../../db/queries/releases.ts';
import { channelNames } from '../../../db/queries/fleet.ts';
import { one, releaseViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { PipelineStage } from '../../domain/pipeline.ts';
import { judgeManualPromotion } from '../../domain/promotion.ts';
import type { ReleaseView } from '../../domain/views.ts';
import { listed } from '../../domain/wording.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { promote } from '../pipeline/apply.ts';
import { entryOn, readPipelineFacts, stageFacts, type PipelineFacts } from '../pipeline/facts.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';

interface Promote {
  /** Of the release. */
  id: number;
  /** Name of the channel that it enters. */
  channel: string;
  /** The channel it comes from; default: that of a stage which leads there, else one where it is active. */
  from?: string | undefined;
  reason: string;
}

/** Skips soak and window; recalls, the label requirement and holds stay. Rule: section 7 (By hand). */
export const promoteRelease = verb(
  'release.promote',
  (ctx, actor, { id, channel: target, from, reason }: Promote): Promise<ReleaseView> =>
    transact(ctx, async (tx) => {
      const found = await findRelease(tx, id);
      if (!found) throw new Refusal('not_found', `There is no release ${id}. List them with GET /api/v1/releases.`);
      await demandChannels(tx, found.product, from === undefined ? [target] : [target, from]);
      const product = (await lockProduct(tx, found.product.id)) ?? found.product;
      const occasion = { now: ctx.clock.now(), actor: actor.name };
      const facts = await readPipelineFacts(tx, product, null, occasion.now);
      const way = wayTo(facts, id, target, from);
      const stage = facts.settings.stages.find((one) => one.source === way.source && one.target === target) ?? null;
      const release = { releaseId: id, version: found.release.version, labels: found.release.labels };
      const judged = stageFacts(facts, way, release, 'person', occasion.now);
      const decision = judgeManualPromotion(judged, stage?.requireLabel ?? null, reason);
      if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
      await promote(tx, occasion, product.id, id, way, reason);
      if (stage) await storeDecision(tx, occasion, facts, id, stage, reason);
      await wakePipeline(ctx, tx, product.id);
      return (await one(releaseViews, tx, id)) as ReleaseView;
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);

async function demandChannels(tx: Transaction, { name }: ProductRow, wanted: readonly string[]): Promise<void> {
  const known = (await channelNames(tx)).get(name) ?? [];
  const missing = wanted.find((channel) => !known.includes(channel));
  if (missing === undefined) return;
  const sentence = `promotion refused: ${name} has no channel ${missing}. It has ${listed(known)}.`;
  throw new Refusal('not_found', sentence);
}

function wayTo(facts: PipelineFacts, releaseId: number, target: string, from: string | undefined) {
  if (from !== undefined) return { source: from, target };
  const isActiveOn = (channel: string) => entryOn(facts, channel, releaseId)?.demoted === false;
  const stages = facts.settings.stages.filter((stage) => stage.target === target).map(({ source }) => source);
  const others = facts.placed.filter((entry) => entry.releaseId === releaseId).map(({ channel }) => channel);
  const sources = [...stages, ...others].filter((channel) => channel !== target);
  return { source: sources.find(isActiveOn) ?? sources[0] ?? target, target };
}

/** The stage's evaluation of the release is over: a person has decided it. */
async function storeDecision(
  tx: Transaction,
  occasion: Occasion,
  { product, known }: PipelineFacts,
  releaseId: number,
  stage: PipelineStage,
  reason: string,
): Promise<void> {
  const { now, actor } = occasion;
  const { source, target } = stage;
  const before = known.find((one) => one.releaseId === releaseId && one.source === source && one.target === target);
  const values = {
    stage,
    status: 'promoted' as const,
    reasons: [],
    eligibleAt: null,
    judgedAt: now,
    endedAt: now,
    decidedBy: actor,
    decisionReason: reason,
  };
  if (before) await updateEvaluation(tx, before.id, values);
  const id =
    before?.id ??
    (await insertEvaluation(tx, { ...values, productId: product.id, releaseId, source, target, since: now }));
  await record(tx, occasion, 'evaluation.promoted', [id], { reason });
}
