import type { KnownEvaluation } from '../../../db/queries/evaluations.ts';
import type { EntitySoak } from '../../domain/evaluation.ts';
import { isPinnedByCanary } from '../../domain/pin.ts';
import type { StageVerdict } from '../../domain/stages.ts';
import { isNewer } from '../../domain/versions.ts';
import type { PipelineFacts } from './facts.ts';
import type { Judgement } from './look.ts';

/** Whether automation leaves a release on a test entity because an evaluation of it is not through. Rule: section 7 (Pin). */
export function pinOn(
  facts: PipelineFacts,
  {
    stage,
    releaseId,
    status,
    reasons,
    eligibleAt,
  }: Pick<KnownEvaluation, 'stage' | 'releaseId' | 'status' | 'reasons' | 'eligibleAt'>,
  entity: EntitySoak,
): boolean {
  if (stage.kind !== 'canary') return false;
  const { healthyPpm, unhealthyPpm } = facts.settings;
  const verdict: StageVerdict = { status, reasons, eligibleAt, nextAt: null };
  return isPinnedByCanary({
    stage,
    criteria: { healthyPpm, unhealthyPpm },
    verdict,
    entity,
    runs: entity.nodesOnRelease > 0,
    newer: newerLabels(facts, entity.environmentId, releaseId),
  });
}

/** Labels of what is newer on the channel that the entity follows. */
function newerLabels(facts: PipelineFacts, environmentId: number, releaseId: number) {
  const followed = facts.candidates.find(({ id }) => id === environmentId)?.channelId ?? null;
  const own = facts.placed.filter(({ channelId }) => channelId === followed);
  const release = own.find((entry) => entry.releaseId === releaseId);
  if (!release) return [];
  const { versioning } = facts.product;
  return own.filter((entry) => !entry.demoted && isNewer(versioning, entry, release)).map(({ labels }) => labels);
}

export interface Pin {
  /** Version of the release that soaks. */
  readonly release: string;
  readonly stage: string;
}

/** By environment: the release that soaks there. Where several do, that of the first stage. Rule: section 7 (Pin). */
export function pinnedEntities(facts: PipelineFacts, judgements: readonly Judgement[]): Map<number, Pin> {
  const pins = new Map<number, Pin>();
  for (const { stage, release, verdict, entities } of judgements) {
    if (stage.kind !== 'canary' || verdict.status !== 'evaluating') continue;
    const { reasons } = verdict;
    const judged = {
      stage,
      releaseId: release.releaseId,
      status: verdict.status,
      reasons: [...reasons],
      eligibleAt: null,
    };
    for (const entity of entities) {
      const { environmentId, nodesOnRelease } = entity;
      if (nodesOnRelease === 0 || pins.has(environmentId) || !pinOn(facts, judged, entity)) continue;
      pins.set(environmentId, { release: release.version, stage: `${stage.source} → ${stage.target}` });
    }
  }
  return pins;
}
