import type { PipelineStage } from '../../domain/pipeline.ts';
import type { Reason } from '../../domain/reason.ts';
import type { RequirementCode, StageCode } from '../../domain/stages.ts';
import type { EvaluationView } from '../../domain/views.ts';
import type { WindowSchedule } from '../../domain/windows.ts';

export interface Requirement {
  readonly code: RequirementCode;
  readonly met: boolean;
  /** Why it is not met. */
  readonly reason: Reason<StageCode> | null;
}

/** What the stage requires, in its order, each met or with why not; none where something else has decided. Rule: section 7. */
export function requirementsOf(
  stage: PipelineStage,
  { status, reasons }: Pick<EvaluationView, 'status' | 'reasons'>,
  { windows }: WindowSchedule,
): Requirement[] {
  if (status !== 'evaluating' && status !== 'promoted') return [];
  return required(stage, windows.length > 0).map((code) => {
    const reason = reasons.find((unmet) => unmet.code === code) ?? null;
    return { code, met: reason === null, reason };
  });
}

function required(stage: PipelineStage, windowed: boolean): RequirementCode[] {
  const label: RequirementCode[] = stage.requireLabel ? ['label_missing'] : [];
  const last: RequirementCode[] = [...(windowed ? (['window_closed'] as const) : []), 'held'];
  if (stage.kind === 'timed') return ['soaking', ...label, ...last];
  const count: RequirementCode[] = stage.minimumEntityCount === null ? [] : ['too_few_entities'];
  const health: RequirementCode[] = stage.promoteWhenHealthy ? ['not_enough_healthy'] : [];
  return [...count, ...label, ...health, ...last];
}
