import type { PlacedRelease } from '../../../db/queries/evaluations.ts';
import type { Candidate } from '../../../db/queries/soaks.ts';
import {
  arrived,
  healthySatisfaction,
  neededEntities,
  satisfying,
  unhealthySatisfaction,
  type CanaryCondition,
  type CanaryFacts,
} from '../../domain/canary-condition.ts';
import type { EntitySoak, Measured } from '../../domain/evaluation.ts';
import { selectEntities } from '../../domain/filters.ts';
import { isRecalled } from '../../domain/recall.ts';
import { isNewer } from '../../domain/versions.ts';
import type { PipelineStage } from '../../domain/pipeline.ts';
import type { StageFacts } from '../../domain/stages.ts';
import type { PipelineFacts } from './facts.ts';

export type CanaryRules = Extract<PipelineStage, { kind: 'canary' }>;

/** The stage's test entities as one release is judged on them. Rules: sections 5 to 7. */
export function testEntities(facts: PipelineFacts, stage: CanaryRules, releaseId: number, since: number): EntitySoak[] {
  const stays = facts.stays.get(releaseId);
  return selectEntities(facts.candidates, stage.filters).map((candidate: Candidate) => {
    const nodes = facts.nodes.get(candidate.id) ?? [];
    const entity = facts.soaking.get(candidate.id);
    const runs = entity?.releaseId === releaseId;
    const measure = runs ? facts.measured.get(candidate.id) : undefined;
    return {
      environmentId: candidate.id,
      name: candidate.name,
      soak: measure?.soak ?? null,
      health: measure?.health ?? 'neutral',
      producesHealth: measure?.producesHealth ?? facts.settings.expectsHealth,
      leftAt: runs ? null : leftAt(stays?.get(candidate.id), nodes, releaseId, since),
      since: runs ? entity.since : null,
      nodes: nodes.length,
      nodesOnRelease: nodes.filter((node) => node.releaseId === releaseId).length,
    };
  });
}

/** When its first node left the release; as the nodes themselves tell, or as it was noted once they have moved on. */
function leftAt(
  stay: { arrivedAt: number; leftAt: number | null } | undefined,
  nodes: readonly { releaseId: number | null; reportedAt: number }[],
  releaseId: number,
  since: number,
): number | null {
  if (!stay) return null;
  if (stay.leftAt !== null) return stay.leftAt;
  const gone = nodes.filter((node) => node.releaseId !== releaseId && node.reportedAt >= stay.arrivedAt);
  return gone.length > 0 ? Math.min(...gone.map(({ reportedAt }) => reportedAt)) : since;
}

export function canaryFacts(
  facts: PipelineFacts,
  common: StageFacts,
  entities: readonly EntitySoak[],
  stage: CanaryRules,
  release: PlacedRelease,
  evaluatingSince: number,
): CanaryFacts {
  const { healthyPpm, unhealthyPpm } = facts.settings;
  return {
    ...common,
    entities,
    criteria: { healthyPpm, unhealthyPpm },
    calendar: facts.calendar,
    evaluatingSince,
    newestOnSource: !(facts.byChannel.get(stage.source) ?? []).some(
      (other) =>
        !other.demoted &&
        !isRecalled(facts.recalls, other.version) &&
        isNewer(facts.product.versioning, other, release),
    ),
  };
}

/** What the stage counts now. */
export function measuredBy(
  stage: CanaryRules,
  criteria: CanaryFacts['criteria'],
  entities: readonly EntitySoak[],
): Measured {
  const { promoteWhenHealthy, recallWhenUnhealthy } = stage;
  const selected = entities.length;
  const count = (condition: CanaryCondition | null, satisfaction: typeof healthySatisfaction) =>
    condition ? satisfying(entities, satisfaction(condition, criteria)).length : 0;
  const needed = (condition: CanaryCondition | null) => (condition ? neededEntities(condition, selected) : null);
  return {
    selected,
    arrived: arrived(entities).length,
    healthy: count(promoteWhenHealthy, healthySatisfaction),
    neededHealthy: needed(promoteWhenHealthy),
    unhealthy: count(recallWhenUnhealthy, unhealthySatisfaction),
    neededUnhealthy: needed(recallWhenUnhealthy),
  };
}
