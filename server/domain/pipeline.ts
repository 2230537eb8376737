import type { CanaryCondition, CanaryStage, RolloutCriteria } from './canary-condition.ts';
import type { EntityFilter } from './filters.ts';
import { PPM, quantityText, type Quantity } from './quantity.ts';
import type { Reason } from './reason.ts';
import type { TimedStage } from './timed.ts';
import { durationText } from './wording.ts';

/**
 * The promotion pipeline of a product as it is configured: stages between its channels. Branches are allowed, cycles
 * are not.
 */
export interface Transition {
  readonly source: string;
  readonly target: string;
}

export type StageRules =
  | ({ readonly kind: 'timed' } & TimedStage)
  | ({
      readonly kind: 'canary';
      readonly filters: readonly EntityFilter[];
      /** Its recalls roll off every host, not only those of its test entities. Rule: section 9. */
      readonly rollOffAll: boolean;
    } & CanaryStage);

export type PipelineStage = Transition & StageRules;

/** Rule: section 7. */
export const TIMED_STAGE_DEFAULTS = {
  kind: 'timed',
  excludeWeekends: false,
  requireLabel: null,
} as const satisfies Partial<StageRules>;

/** Rule: section 7 ("a condition that is not configured requires nothing"; no filter selects all). */
export const CANARY_STAGE_DEFAULTS = {
  kind: 'canary',
  filters: [],
  rollOffAll: false,
  promoteWhenHealthy: null,
  recallWhenUnhealthy: null,
  minimumEntityCount: null,
  requireLabel: null,
} as const satisfies StageRules;

const DAY_MS = 86_400_000;

/** Rule: section 5 (both durations), section 7 (Timed). */
export const LONGEST_TIMED_MS = 31 * DAY_MS;
export const LONGEST_CANARY_MS = 13 * DAY_MS;

export type PipelineFaultCode =
  | 'unknown_channel'
  | 'same_channel'
  | 'duplicate_stage'
  | 'cycle'
  | 'duration_out_of_bounds'
  | 'needed_out_of_bounds'
  | 'minimum_out_of_bounds'
  | 'threshold_out_of_bounds'
  | 'empty_label_key';

export type PipelineFault = Reason<PipelineFaultCode>;

/** What is wrong with a pipeline that somebody wants to save; none: it may be saved. Rule: section 7. */
export function pipelineFaults(stages: readonly PipelineStage[], channels: readonly string[]): PipelineFault[] {
  return [
    ...stages.flatMap((stage) => transitionFaults(stage, channels)),
    ...duplicates(stages),
    ...cycles(stages.filter(({ source, target }) => source !== target)),
    ...stages.flatMap(ruleFaults),
  ];
}

/** What is wrong with a product's thresholds. Rule: section 5. */
export function criteriaFaults({ healthyPpm, unhealthyPpm }: RolloutCriteria): PipelineFault[] {
  const thresholds = Object.entries({ healthyThreshold: healthyPpm, unhealthyThreshold: unhealthyPpm });
  return thresholds
    .filter(([, ppm]) => !within(ppm, PPM))
    .map(([name, ppm]) => fault('threshold_out_of_bounds', `${name} ${ppm / PPM} lies outside 0 to 1.`, { name, ppm }));
}

function transitionFaults({ source, target }: Transition, channels: readonly string[]): PipelineFault[] {
  const unknown = [source, target].filter((channel) => !channels.includes(channel));
  const faults = unknown.map((channel) =>
    fault('unknown_channel', `Stage ${source} → ${target}: there is no channel ${channel}. Create it first.`, {
      channel,
    }),
  );
  if (source !== target) return faults;
  return [
    ...faults,
    fault('same_channel', `Stage ${source} → ${target} leads from a channel to itself.`, { channel: source }),
  ];
}

function duplicates(stages: readonly Transition[]): PipelineFault[] {
  const again = stages.filter((stage, index) => stages.findIndex((other) => isSame(other, stage)) < index);
  return again.map(({ source, target }) =>
    fault('duplicate_stage', `Stage ${source} → ${target} is there twice. Merge the two.`, { source, target }),
  );
}

function isSame(a: Transition, b: Transition): boolean {
  return a.source === b.source && a.target === b.target;
}

/** One fault per stage that closes a cycle, with the way back. */
function cycles(stages: readonly Transition[]): PipelineFault[] {
  const faults: PipelineFault[] = [];
  const before: Transition[] = [];
  for (const stage of stages) {
    const back = pathFrom(stage.target, stage.source, before);
    if (back) {
      const path = [stage.source, ...back];
      faults.push(fault('cycle', `The stages form a cycle: ${path.join(' → ')}. Remove one of them.`, { path }));
    } else before.push(stage);
  }
  return faults;
}

/**
 * The channels from one to another along the stages, both included; null when no way leads there. The stages hold no
 * cycle.
 */
function pathFrom(from: string, to: string, stages: readonly Transition[]): string[] | null {
  if (from === to) return [to];
  for (const { source, target } of stages) {
    const rest = source === from ? pathFrom(target, to, stages) : null;
    if (rest) return [from, ...rest];
  }
  return null;
}

function ruleFaults(stage: PipelineStage): PipelineFault[] {
  const path = `Stage ${stage.source} → ${stage.target}`;
  const label =
    stage.requireLabel?.key === '' ? [fault('empty_label_key', `${path}: requireReleaseLabel names no key.`)] : [];
  if (stage.kind === 'timed')
    return [...durationFaults(path, 'duration', stage.durationMs, LONGEST_TIMED_MS), ...label];
  return [
    ...conditionFaults(`${path}: promoteWhenHealthy`, stage.promoteWhenHealthy),
    ...conditionFaults(`${path}: recallWhenUnhealthy`, stage.recallWhenUnhealthy),
    ...minimumFaults(path, stage.minimumEntityCount),
    ...label,
  ];
}

function conditionFaults(path: string, condition: CanaryCondition | null): PipelineFault[] {
  if (!condition) return [];
  return [
    ...neededFaults(path, condition.needed),
    ...durationFaults(path, 'duration', condition.durationMs, LONGEST_CANARY_MS),
  ];
}

function neededFaults(path: string, needed: Quantity): PipelineFault[] {
  if ('count' in needed ? within(needed.count, Infinity) : within(needed.ppm, PPM)) return [];
  const sentence = `${path}: needed ${quantityText(needed)} is neither a count from 0 nor a share from 0 % to 100 %.`;
  return [fault('needed_out_of_bounds', sentence)];
}

function durationFaults(path: string, name: string, ms: number, longest: number): PipelineFault[] {
  if (within(ms, longest)) return [];
  const sentence = `${path}: ${name} lies outside 0 s to ${durationText(longest)}.`;
  return [fault('duration_out_of_bounds', sentence, { ms, longestMs: longest })];
}

function minimumFaults(path: string, minimum: number | null): PipelineFault[] {
  if (minimum === null || within(minimum, Infinity)) return [];
  return [fault('minimum_out_of_bounds', `${path}: minimumEntityCount ${minimum} is no count from 0.`, { minimum })];
}

/** A whole number from 0 to the most allowed. */
function within(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function fault(
  code: PipelineFaultCode,
  sentence: string,
  facts: Omit<PipelineFault, 'code' | 'sentence'> = {},
): PipelineFault {
  return { ...facts, code, sentence };
}
