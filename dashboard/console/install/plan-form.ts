import {
  BUDGET_HINT,
  parseDuration,
  parseQuantity,
  parseWaves,
  parseWhole,
  WAVES_HINT,
  wavesText,
} from '../../../server/contracts/plan-text.ts';
import { quantityText } from '../../../server/domain/quantity.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../../server/domain/rollout-policy.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import { durationText } from '../../../server/domain/wording.ts';
import type { Api } from '../../../server/contracts/api.ts';
import type { InputOf } from '../../../server/contracts/endpoint.ts';

/** A plan as a request carries it: what is left out is the server's default. */
export type AskedPlan = NonNullable<InputOf<Api['installs.start']>['plan']>;

/** What stands in the fields of the plan settings, as text, and what it means. */
export interface PlanForm {
  waves: string;
  maxParallel: string;
  maxFailures: string;
  bake: string;
  onFailure: JobPlan['onFailure'];
}

export type PlanField = Exclude<keyof PlanForm, 'onFailure'>;

export interface PlanFormResult {
  /** Only what differs from the defaults; the server fills in the rest. */
  readonly plan: AskedPlan;
  readonly problems: Partial<Record<PlanField, string>>;
}

export const DEFAULT_PLAN: JobPlan = { ...DEFAULT_ROLLOUT_POLICY, onFailure: 'restore' };

export function planForm(plan: JobPlan = DEFAULT_PLAN): PlanForm {
  return {
    waves: wavesText(plan.waves),
    maxParallel: String(plan.maxParallel),
    maxFailures: quantityText(plan.maxFailures),
    bake: plan.bakeMs === 0 ? '0 s' : durationText(plan.bakeMs),
    onFailure: plan.onFailure,
  };
}

/** `defaults`: the plan of the server for a job that asks for none. */
export function readPlanForm(form: PlanForm, defaults: JobPlan = DEFAULT_PLAN): PlanFormResult {
  const read = {
    waves: parseWaves(form.waves),
    maxParallel: parseWhole(form.maxParallel, 1, 1_000),
    maxFailures: parseQuantity(form.maxFailures, 0),
    bakeMs: parseDuration(form.bake),
    onFailure: form.onFailure,
  };
  const problems: PlanFormResult['problems'] = {
    ...(read.waves ? {} : { waves: WAVES_HINT }),
    ...(read.maxParallel === null ? { maxParallel: 'A whole number from 1 to 1000.' } : {}),
    ...(read.maxFailures === null ? { maxFailures: BUDGET_HINT } : {}),
    ...(read.bakeMs === null ? { bake: 'A time of at most 24 h: 0 s, 90 s, 5 min, 1 h.' } : {}),
  };
  const entries = Object.entries(read).filter(([key, value]) => value !== null && !isDefault(defaults, key, value));
  return { plan: Object.fromEntries(entries) as AskedPlan, problems };
}

function isDefault(defaults: JobPlan, key: string, value: unknown): boolean {
  return JSON.stringify(defaults[key as keyof JobPlan]) === JSON.stringify(value);
}
