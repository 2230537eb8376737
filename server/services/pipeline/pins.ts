import type { KnownEvaluation } from '../../../db/queries/evaluations.ts';
import type { EntitySoak } from '../../domain/evaluation.ts';
import { isPinnedByCanary } from '../../domain/pin.ts';
import type { StageVerdict } from '../../domain/stages.ts';
import { isNewer } from '../../domain/versions.ts';
import type { PipelineFacts } from './facts.ts';

/** Whether automation leaves a release on a test entity because an evaluation of it is not through. Rule: section 7 (Pin). */
export function pinOn(
  facts: PipelineFacts,
  { stage, releaseId, status, reasons, eligibleAt }: Omit<KnownEvaluation, 'history'>,
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
