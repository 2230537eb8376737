import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';
import type { EntityFilter } from '../../../server/domain/filters.ts';
import type { PipelineStage } from '../../../server/domain/pipeline.ts';
import { percentOfPpm, quantityText } from '../../../server/domain/quantity.ts';
import type { RecallPolicy } from '../../../server/domain/recall.ts';
import type { LabelRequirement, RequirementCode, StageStatus } from '../../../server/domain/stages.ts';
import { durationText, listed } from '../../../server/domain/wording.ts';
import { stageMarks } from '../../live/lanes.ts';
import type { Mark } from '../../theme/states.ts';

export type ShownPipeline = OutputOf<Api['pipelines.show']>;
export type ShownEvaluation = OutputOf<Api['evaluations.show']>;
export type ReleasePipeline = OutputOf<Api['releases.pipeline']>;

/** How an evaluation is marked and called. */
export const stageStates = {
  evaluating: { mark: stageMarks.evaluating, word: 'Being evaluated' },
  paused: { mark: stageMarks.paused, word: 'Cannot be judged' },
  promoted: { mark: stageMarks.promoted, word: 'Promoted' },
  superseded: { mark: stageMarks.superseded, word: 'Superseded' },
  recalled: { mark: stageMarks.recalled, word: 'Recalled' },
  cancelled: { mark: stageMarks.cancelled, word: 'Given up' },
} as const satisfies Record<StageStatus, { mark: Mark; word: string }>;

export const bannerStates = {
  being_evaluated: { mark: 'running', tone: 'running' },
  passed: { mark: 'ok', tone: 'ok' },
  recalled: { mark: 'recalled', tone: 'fail' },
  stopped: { mark: 'degraded', tone: 'warn' },
  not_in_pipeline: { mark: 'waiting', tone: 'plain' },
} as const satisfies Record<ReleasePipeline['banner']['state'], { mark: Mark; tone: string }>;

/** What each requirement asks for, met or not. */
export const requirementWords = {
  soaking: 'Time on the source channel',
  too_few_entities: 'Enough test entities',
  label_missing: 'Label of the release',
  not_enough_healthy: 'Enough healthy test entities',
  window_closed: 'Maintenance window',
  held: 'No hold',
} as const satisfies Record<RequirementCode, string>;

export function requirementWord(code: string): string {
  return code in requirementWords ? requirementWords[code as RequirementCode] : code;
}

/** `dev → canary`: the name of a stage. */
export function stageName({ source, target }: { readonly source: string; readonly target: string }): string {
  return `${source} → ${target}`;
}

/** What a stage asks for, one short line each, recall last. */
export function stageRules(stage: PipelineStage): string[] {
  const label = stage.requireLabel ? [`release label ${labelText(stage.requireLabel)}`] : [];
  if (stage.kind === 'timed') {
    return [`${timeText(stage.durationMs)}${stage.excludeWeekends ? ' of weekdays' : ''} on ${stage.source}`, ...label];
  }
  const { promoteWhenHealthy: promote, recallWhenUnhealthy: recall, minimumEntityCount: minimum } = stage;
  return [
    ...(promote ? [`${quantityText(promote.needed)} healthy for ${timeText(promote.durationMs)}`] : []),
    ...(minimum === null ? [] : [`more than ${minimum} test entities`]),
    ...label,
    ...(recall ? [`recall: ${quantityText(recall.needed)} unhealthy for ${timeText(recall.durationMs)}`] : []),
  ];
}

/** `0 s`, not `0 ms`. */
export function timeText(ms: number): string {
  return ms === 0 ? '0 s' : durationText(ms);
}

export function labelText({ key, values }: LabelRequirement): string {
  return values && values.length > 0 ? `${key}=${values.join('|')}` : key;
}

export function filterText(filter: EntityFilter): string {
  switch (filter.type) {
    case 'with_label':
      return `with ${labelText(filter)}`;
    case 'without_label':
      return `without ${labelText(filter)}`;
    case 'choose':
      return `only ${listed(filter.environments)}`;
    case 'exclude':
      return `not ${listed(filter.environments)}`;
  }
}

/** `95 %` of parts per million. */
export function percentText(ppm: number): string {
  return `${percentOfPpm(ppm)} %`;
}

/** A share as people compare it with a threshold: cut to a tenth, never rounded up over it. Null: nothing soaked yet. */
export function shareText(partMs: number, wholeMs: number): string {
  return wholeMs === 0 ? '–' : `${(Math.floor((partMs * 1000) / wholeMs) / 10).toFixed(1)} %`;
}

export function recallPolicyText(policy: RecallPolicy): string {
  if (policy.type === 'forward') return 'hosts go forward to the next good release';
  if (policy.type === 'downgrade') return `hosts go forward, or else back, to ${policy.floor} at the oldest`;
  return `hosts stay for ${durationText(policy.forMs)}, then go forward`;
}
