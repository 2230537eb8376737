/** Wire schemas of pipelines, evaluations and recalls, tied to the domain's types as those in views.ts. */
import { z } from 'zod';
import type { EntityFilter } from '../domain/filters.ts';
import type { EntitySoak, EvaluationChapter, Measured } from '../domain/evaluation.ts';
import type { PipelineStage } from '../domain/pipeline.ts';
import type { RecallRange } from '../domain/recall-range.ts';
import type { RecallPolicy, RecallStrategy } from '../domain/recall.ts';
import type { Reason } from '../domain/reason.ts';
import type { StageCode, StageStatus } from '../domain/stages.ts';
import type * as views from '../domain/views.ts';
import { windowSchedule } from './maintenance.ts';
import { reason } from './views.ts';

const int = z.number().int();
const instant = int.describe('epoch milliseconds');
const ms = int.describe('milliseconds');
const label = z.object({ key: z.string(), values: z.array(z.string()).optional() });

const entityFilter = z.discriminatedUnion('type', [
  label.extend({ type: z.literal('with_label') }),
  label.extend({ type: z.literal('without_label') }),
  z.object({ type: z.literal('choose'), environments: z.array(z.string()) }),
  z.object({ type: z.literal('exclude'), environments: z.array(z.string()) }),
]) satisfies z.ZodType<EntityFilter>;

const condition = z
  .object({ needed: z.union([z.object({ count: int }), z.object({ ppm: int })]), durationMs: ms })
  .nullable();

export const pipelineStage = z.discriminatedUnion('kind', [
  z.object({
    source: z.string(),
    target: z.string(),
    kind: z.literal('timed'),
    durationMs: ms,
    excludeWeekends: z.boolean(),
    requireLabel: label.nullable(),
  }),
  z.object({
    source: z.string(),
    target: z.string(),
    kind: z.literal('canary'),
    filters: z.array(entityFilter),
    promoteWhenHealthy: condition,
    recallWhenUnhealthy: condition,
    minimumEntityCount: int.nullable(),
    requireLabel: label.nullable(),
    rollOffAll: z.boolean(),
  }),
]) satisfies z.ZodType<PipelineStage>;

const recallPolicy = z.discriminatedUnion('type', [
  z.object({ type: z.literal('forward') }),
  z.object({ type: z.literal('downgrade'), floor: z.string() }),
  z.object({ type: z.literal('freeze'), forMs: ms }),
]) satisfies z.ZodType<RecallPolicy>;

export const recallStrategy = z.discriminatedUnion('type', [
  z.object({ type: z.literal('forward') }),
  z.object({ type: z.literal('downgrade'), floor: z.string().min(1).max(200) }),
  z.object({ type: z.literal('freeze'), until: int.min(0).max(8.64e15) }),
]) satisfies z.ZodType<RecallStrategy>;

const version = z.string().min(1).max(200);
export const recallRange = z.union([
  z.strictObject({ only: version }),
  z.strictObject({ from: version, before: version }),
  z.strictObject({ from: version }),
]) satisfies z.ZodType<RecallRange>;

export const pipelineView = z.object({
  id: int,
  revision: int,
  productId: int,
  stages: z.array(pipelineStage),
  healthyPpm: int,
  unhealthyPpm: int,
  timeZone: z.string(),
  excludeWeekends: z.boolean(),
  expectsHealth: z.boolean(),
  terminalIsUnhealthy: z.boolean(),
  staleAfterMs: ms,
  windows: windowSchedule,
  recallPolicy,
  paused: z.object({ at: instant, by: z.string(), reason: z.string() }).nullable(),
  managedBy: z.string().nullable(),
  removed: z.literal(true).optional(),
}) satisfies z.ZodType<views.PipelineView>;

export const stageStatus = z.enum([
  'evaluating',
  'paused',
  'promoted',
  'superseded',
  'recalled',
  'cancelled',
]) satisfies z.ZodType<StageStatus>;

const measured = z
  .object({
    selected: int,
    arrived: int,
    healthy: int,
    neededHealthy: int.nullable(),
    unhealthy: int,
    neededUnhealthy: int.nullable(),
  })
  .nullable() satisfies z.ZodType<Measured | null>;

const stageReasons = z.array(reason) as unknown as z.ZodType<Reason<StageCode>[]>;

export const evaluationView = z.object({
  id: int,
  revision: int,
  productId: int,
  releaseId: int,
  version: z.string(),
  source: z.string(),
  target: z.string(),
  kind: z.enum(['timed', 'canary']),
  status: stageStatus,
  reasons: stageReasons,
  eligibleAt: instant.nullable(),
  since: instant,
  judgedAt: instant,
  endedAt: instant.nullable(),
  decidedBy: z.string().nullable(),
  decisionReason: z.string().nullable(),
  measured,
}) satisfies z.ZodType<views.EvaluationView>;

export const entitySoak = z.object({
  environmentId: int,
  name: z.string(),
  soak: z.object({ soakMs: ms, healthyMs: ms, unhealthyMs: ms }).nullable(),
  health: z.enum(['healthy', 'unhealthy', 'neutral']),
  producesHealth: z.boolean(),
  leftAt: instant.nullable(),
  since: instant.nullable(),
  nodes: int,
  nodesOnRelease: int,
}) satisfies z.ZodType<EntitySoak>;

export const evaluationChapter = z.object({
  since: instant,
  until: instant,
  closedBy: z.enum(['stage_changed', 'reopened', 'on_source_again']),
  by: z.string(),
  reason: z.string().nullable(),
  stage: pipelineStage,
  status: stageStatus,
  reasons: stageReasons,
  measured,
}) satisfies z.ZodType<EvaluationChapter>;

export const recallView = z.object({
  id: int,
  revision: int,
  productId: int,
  range: recallRange,
  except: z.array(z.string()),
  strategy: recallStrategy,
  reason: z.string(),
  openedAt: instant,
  openedBy: z.string(),
  evaluationId: int.nullable(),
  rollOffAll: z.boolean(),
  ownEnvironments: z.array(z.string()),
  revertedAt: instant.nullable(),
  revertedBy: z.string().nullable(),
  revertReason: z.string().nullable(),
}) satisfies z.ZodType<views.RecallView>;
