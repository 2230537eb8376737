import { insertEvaluation, touchReleases, updateEvaluation, type StayRow } from '../../../db/queries/evaluations.ts';
import { channelsNamed, enterChannel } from '../../../db/queries/releases.ts';
import { strategyAt } from '../../domain/recall.ts';
import type { Context, Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { putRecall } from '../recall/put.ts';
import { entryOn, type PipelineFacts } from './facts.ts';
import type { Judgement } from './look.ts';
import { activityOf, closedChapter, hasEnded } from './news.ts';

/**
 * Writes what a look says, in the transaction whose facts it looked at. Two stages may lead one release to one channel:
 * it enters once, and the other stage finds it there at its next look. Answers whether anything moved.
 */
export async function applyJudgements(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  facts: PipelineFacts,
  judgements: readonly Judgement[],
): Promise<boolean> {
  const entered = new Set<string>();
  let moved = false;
  for (const judgement of judgements) {
    const { release, stage, verdict } = judgement;
    const enters = verdict.status === 'promoted' && !entryOn(facts, stage.target, release.releaseId);
    const place = `${release.releaseId} ${stage.target}`;
    if (enters && entered.has(place)) continue;
    const id = await storeEvaluation(tx, occasion, facts.product.id, judgement);
    if (enters) {
      entered.add(place);
      await promote(tx, occasion, facts.product.id, release.releaseId, stage);
    }
    const recalls = verdict.status === 'recalled' && verdict.reasons[0]?.code === 'unhealthy';
    if (recalls) await recallBy(ctx, tx, occasion, facts, judgement, id);
    moved ||= enters || recalls;
  }
  return moved;
}

async function storeEvaluation(
  tx: Transaction,
  occasion: Occasion,
  productId: number,
  judgement: Judgement,
): Promise<number> {
  const { known, stage, verdict, since, measured, entities, release } = judgement;
  const ended = hasEnded(verdict.status);
  const values = {
    stage,
    status: verdict.status,
    reasons: [...verdict.reasons],
    eligibleAt: verdict.eligibleAt,
    since,
    judgedAt: occasion.now,
    endedAt: ended ? occasion.now : null,
    decidedBy: null,
    decisionReason: null,
    measured,
    soaks: ended && stage.kind === 'canary' ? [...entities] : null,
    history: [...(known?.history ?? []), ...closedChapter(judgement, occasion.now, occasion.actor)],
  };
  const { source, target } = stage;
  const { releaseId } = release;
  if (known) await updateEvaluation(tx, known.id, values);
  const id = known?.id ?? (await insertEvaluation(tx, { ...values, productId, releaseId, source, target }));
  await record(tx, occasion, activityOf(judgement), [id], { status: verdict.status });
  return id;
}

/** Enters the release on the target, once: (channel, release) is unique, whoever else promotes it. Rule: section 7 (When). */
export async function promote(
  tx: Transaction,
  { now, actor }: Occasion,
  productId: number,
  releaseId: number,
  { source, target }: { source: string; target: string },
  reason: string | null = null,
): Promise<void> {
  const [channel] = await channelsNamed(tx, productId, [target]);
  if (!channel) return;
  await enterChannel(tx, channel.id, [releaseId], { promotedAt: now, promotedBy: actor });
  await touchReleases(tx, [releaseId]);
  await record(tx, { now, actor }, 'release.promoted', [releaseId], { channel: target, from: source, reason });
}

async function recallBy(
  ctx: Context,
  tx: Transaction,
  occasion: Occasion,
  { product, settings }: PipelineFacts,
  { release, stage, verdict, entities }: Judgement,
  evaluationId: number,
): Promise<void> {
  await putRecall(ctx, tx, occasion, {
    productId: product.id,
    range: { only: release.version },
    except: [],
    strategy: strategyAt(settings.recallPolicy, occasion.now),
    reason: `Stage ${stage.source} → ${stage.target}: ${verdict.reasons[0]?.sentence ?? 'unhealthy.'}`,
    evaluationId,
    rollOffAll: stage.kind === 'canary' && stage.rollOffAll,
    ownEnvironments: entities.map(({ name }) => name),
  });
}

/** Arrivals and departures of test entities that are not noted yet. */
export function newStays(facts: PipelineFacts, judgements: readonly Judgement[]): StayRow[] {
  const changed = new Map<string, StayRow>();
  for (const { release, entities } of judgements) {
    const { releaseId } = release;
    for (const { environmentId, since, leftAt } of entities) {
      const known = facts.stays.get(releaseId)?.get(environmentId);
      const key = `${releaseId} ${environmentId}`;
      if (since !== null && (known?.arrivedAt !== since || known.leftAt !== null)) {
        changed.set(key, { environmentId, releaseId, arrivedAt: since, leftAt: null });
      } else if (since === null && known?.leftAt === null && leftAt !== null) {
        changed.set(key, { ...known, leftAt });
      }
    }
  }
  return [...changed.values()];
}
