import { z } from 'zod';
import { DEFAULT_SOAK_CALENDAR, isTimeZone } from '../domain/calendar.ts';
import { DEFAULT_ROLLOUT_CRITERIA, type CanaryCondition } from '../domain/canary-condition.ts';
import type { EntityFilter } from '../domain/filters.ts';
import { DEFAULT_HEALTH_POLICY } from '../domain/health.ts';
import { DEFAULT_STALE_AFTER_MS } from '../domain/observation.ts';
import { criteriaFaults, pipelineFaults, type PipelineStage } from '../domain/pipeline.ts';
import { PPM, percentOfPpm, ppmOfPercent, ppmOfRatio, type Quantity } from '../domain/quantity.ts';
import type { RecallPolicy } from '../domain/recall.ts';
import type { PipelineView } from '../domain/views.ts';
import { duration, durationFromZero, durationOf } from './duration.ts';
import { declaredMaintenance, declaredMaintenanceOf, scheduleOf } from './maintenance.ts';
import { labelMatch, name } from './names.ts';

/** A pipeline as a fleet file and the console write it. Bounds are the rule's: `pipelineProblems`. Rule: sections 5 to 9. */

const environments = z.array(name).min(1, 'needs at least one environment').max(1_000);

export const declaredFilter = z.union(
  [
    z.strictObject({ withLabel: labelMatch }),
    z.strictObject({ withoutLabel: labelMatch }),
    z.strictObject({ choose: environments }),
    z.strictObject({ exclude: environments }),
  ],
  'must be { withLabel: { key, values } }, { withoutLabel: { key, values } }, { choose: [names] } or { exclude: [names] }',
);
export type DeclaredFilter = z.output<typeof declaredFilter>;

const condition = z.strictObject({
  /** A count of entities, or a share of the selected ones. */
  needed: z.union(
    [z.number(), z.string().regex(/^\d{1,3}(\.\d{1,4})?%$/)],
    'must be a count such as 2, or a share such as 50%',
  ),
  duration: durationFromZero,
});

const releaseLabel = z.strictObject({ ...labelMatch.shape, key: z.string().max(63) });
const path = { source: name, target: name };

const timedStage = z.strictObject({
  ...path,
  kind: z.literal('timed'),
  duration: durationFromZero,
  excludeWeekends: z.boolean().default(false),
  requireReleaseLabel: releaseLabel.optional(),
});

const canaryStage = z.strictObject({
  ...path,
  kind: z.literal('canary'),
  filters: z.array(declaredFilter).max(50).default([]),
  promoteWhenHealthy: condition.optional(),
  recallWhenUnhealthy: condition.optional(),
  minimumEntityCount: z.number().optional(),
  requireReleaseLabel: releaseLabel.optional(),
  rollOffAll: z.boolean().default(false),
});

const recallPolicy = z.union(
  [
    z.literal('forward'),
    z.strictObject({ downgrade: z.strictObject({ floor: z.string().min(1).max(200) }) }),
    z.strictObject({ freeze: duration }),
  ],
  'must be forward, { downgrade: { floor: a version } } or { freeze: a duration such as 2d }',
);

const threshold = (ppm: number) => z.number().default(ppm / PPM);

export const declaredPipeline = z.strictObject({
  stages: z
    .array(z.discriminatedUnion('kind', [timedStage, canaryStage]))
    .max(100)
    .default([]),
  healthyThreshold: threshold(DEFAULT_ROLLOUT_CRITERIA.healthyPpm),
  unhealthyThreshold: threshold(DEFAULT_ROLLOUT_CRITERIA.unhealthyPpm),
  timeZone: z
    .string()
    .max(100)
    .default(DEFAULT_SOAK_CALENDAR.timeZone)
    .refine(isTimeZone, 'is no IANA time zone. Write one like Europe/Berlin'),
  excludeWeekends: z.boolean().default(DEFAULT_SOAK_CALENDAR.excludeWeekends),
  expectsHealth: z.boolean().default(DEFAULT_HEALTH_POLICY.expectsHealth),
  terminalIsUnhealthy: z.boolean().default(DEFAULT_HEALTH_POLICY.terminalIsUnhealthy),
  staleAfter: duration.prefault(durationOf(DEFAULT_STALE_AFTER_MS)),
  maintenance: declaredMaintenance.optional(),
  recall: recallPolicy.default('forward'),
});
export type DeclaredPipeline = z.output<typeof declaredPipeline>;

/** What a pipeline row holds of its declaration. */
export type PipelineRules = Omit<PipelineView, 'id' | 'revision' | 'productId' | 'paused' | 'managedBy' | 'removed'>;

/** The pipeline as the domain has it. */
export function pipelineOf(declared: DeclaredPipeline): PipelineRules {
  const { stages, healthyThreshold, unhealthyThreshold, staleAfter, maintenance, recall, ...flags } = declared;
  return {
    ...flags,
    stages: stages.map(stageOf),
    healthyPpm: ppmOfRatio(healthyThreshold),
    unhealthyPpm: ppmOfRatio(unhealthyThreshold),
    staleAfterMs: staleAfter,
    windows: scheduleOf(maintenance),
    recallPolicy: policyOf(recall),
  };
}

type DeclaredStage = DeclaredPipeline['stages'][number];

function stageOf(declared: DeclaredStage): PipelineStage {
  const { source, target, requireReleaseLabel: requireLabel = null } = declared;
  if (declared.kind === 'timed') {
    const { kind, duration: durationMs, excludeWeekends } = declared;
    return { source, target, kind, durationMs, excludeWeekends, requireLabel };
  }
  const { kind, filters, promoteWhenHealthy, recallWhenUnhealthy, minimumEntityCount = null, rollOffAll } = declared;
  return {
    source,
    target,
    kind,
    filters: filters.map(filterOf),
    promoteWhenHealthy: conditionOf(promoteWhenHealthy),
    recallWhenUnhealthy: conditionOf(recallWhenUnhealthy),
    minimumEntityCount,
    requireLabel,
    rollOffAll,
  };
}

export function filterOf(declared: DeclaredFilter): EntityFilter {
  if ('withLabel' in declared) return { type: 'with_label', ...declared.withLabel };
  if ('withoutLabel' in declared) return { type: 'without_label', ...declared.withoutLabel };
  return 'choose' in declared
    ? { type: 'choose', environments: declared.choose }
    : { type: 'exclude', environments: declared.exclude };
}

function conditionOf(declared: z.output<typeof condition> | undefined): CanaryCondition | null {
  if (!declared) return null;
  const { needed, duration: durationMs } = declared;
  return {
    needed: typeof needed === 'number' ? { count: needed } : { ppm: ppmOfPercent(Number(needed.slice(0, -1))) },
    durationMs,
  };
}

function policyOf(declared: DeclaredPipeline['recall']): RecallPolicy {
  if (declared === 'forward') return { type: 'forward' };
  if ('downgrade' in declared) return { type: 'downgrade', floor: declared.downgrade.floor };
  return { type: 'freeze', forMs: declared.freeze };
}

/** The pipeline as a fleet file writes it: what a form of it starts with. */
export function declaredPipelineOf(rules: PipelineRules): z.input<typeof declaredPipeline> {
  const { timeZone, excludeWeekends, expectsHealth, terminalIsUnhealthy } = rules;
  const maintenance = declaredMaintenanceOf(rules.windows);
  return {
    stages: rules.stages.map(declaredStageOf),
    healthyThreshold: rules.healthyPpm / PPM,
    unhealthyThreshold: rules.unhealthyPpm / PPM,
    timeZone,
    excludeWeekends,
    expectsHealth,
    terminalIsUnhealthy,
    staleAfter: durationOf(rules.staleAfterMs),
    ...(maintenance ? { maintenance } : {}),
    recall: declaredPolicyOf(rules.recallPolicy),
  };
}

function declaredStageOf(stage: PipelineStage): z.input<typeof timedStage> | z.input<typeof canaryStage> {
  const { source, target, requireLabel } = stage;
  const label = requireLabel ? { requireReleaseLabel: labelOf(requireLabel) } : {};
  if (stage.kind === 'timed') {
    const { kind, durationMs, excludeWeekends } = stage;
    return { source, target, kind, duration: durationOf(durationMs), excludeWeekends, ...label };
  }
  const { kind, filters, promoteWhenHealthy, recallWhenUnhealthy, minimumEntityCount, rollOffAll } = stage;
  return {
    source,
    target,
    kind,
    filters: filters.map(declaredFilterOf),
    ...(promoteWhenHealthy ? { promoteWhenHealthy: declaredConditionOf(promoteWhenHealthy) } : {}),
    ...(recallWhenUnhealthy ? { recallWhenUnhealthy: declaredConditionOf(recallWhenUnhealthy) } : {}),
    ...(minimumEntityCount === null ? {} : { minimumEntityCount }),
    ...label,
    rollOffAll,
  };
}

function declaredFilterOf(filter: EntityFilter): z.input<typeof declaredFilter> {
  switch (filter.type) {
    case 'with_label':
      return { withLabel: labelOf(filter) };
    case 'without_label':
      return { withoutLabel: labelOf(filter) };
    case 'choose':
      return { choose: [...filter.environments] };
    case 'exclude':
      return { exclude: [...filter.environments] };
  }
}

function labelOf({ key, values }: { key: string; values?: readonly string[] | undefined }) {
  return { key, ...(values && values.length > 0 ? { values: [...values] } : {}) };
}

function declaredConditionOf({ needed, durationMs }: CanaryCondition): z.input<typeof condition> {
  return { needed: neededText(needed), duration: durationOf(durationMs) };
}

function neededText(needed: Quantity): number | string {
  return 'count' in needed ? needed.count : `${percentOfPpm(needed.ppm)}%`;
}

function declaredPolicyOf(policy: RecallPolicy): z.input<typeof recallPolicy> {
  if (policy.type === 'forward') return 'forward';
  return policy.type === 'downgrade' ? { downgrade: { floor: policy.floor } } : { freeze: durationOf(policy.forMs) };
}

export interface PlacedFault {
  /** Within the pipeline's declaration. */
  path: (string | number)[];
  message: string;
}

/** Every fault of a pipeline beside what it is about: a stage by its place, a threshold by its name. Rule: section 7. */
export function pipelineProblems(declared: DeclaredPipeline, channels: readonly string[]): PlacedFault[] {
  const { stages, healthyPpm, unhealthyPpm } = pipelineOf(declared);
  const placed = stages.flatMap((_stage, i) => {
    // The rule judges the list as a whole: what the first i stages did not say yet is about the next one.
    const before = pipelineFaults(stages.slice(0, i), channels).map(({ sentence }) => sentence);
    return pipelineFaults(stages.slice(0, i + 1), channels)
      .map(({ sentence }) => sentence)
      .filter((sentence) => !takeOut(before, sentence))
      .map((message) => ({ path: ['stages', i], message }));
  });
  const thresholds = criteriaFaults({ healthyPpm, unhealthyPpm }).map(({ sentence, name: field }) => ({
    path: [String(field)],
    message: sentence,
  }));
  return [...thresholds, ...placed];
}

function takeOut(sentences: string[], sentence: string): boolean {
  const at = sentences.indexOf(sentence);
  if (at >= 0) sentences.splice(at, 1);
  return at >= 0;
}
