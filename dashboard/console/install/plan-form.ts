import { PPM, ppmOfPercent, quantityText } from '../../../server/domain/quantity.ts';
import type { Quantity } from '../../../server/domain/quantity.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../../server/domain/rollout-policy.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import type { WaveSpec } from '../../../server/domain/waves.ts';
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
    waves: plan.waves.map((wave) => quantityText(wave) + (wave.manual ? ' manual' : '')).join(', '),
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
    ...(read.waves ? {} : { waves: 'Waves are counts or shares, such as: 1, 25 %, 100 %. A wave may be "manual".' }),
    ...(read.maxParallel === null ? { maxParallel: 'A whole number from 1 to 1000.' } : {}),
    ...(read.maxFailures === null ? { maxFailures: 'A count of hosts or a share: 0, 3, 10 %.' } : {}),
    ...(read.bakeMs === null ? { bake: 'A time of at most 24 h: 0 s, 90 s, 5 min, 1 h.' } : {}),
  };
  const entries = Object.entries(read).filter(([key, value]) => value !== null && !isDefault(defaults, key, value));
  return { plan: Object.fromEntries(entries) as AskedPlan, problems };
}

function isDefault(defaults: JobPlan, key: string, value: unknown): boolean {
  return JSON.stringify(defaults[key as keyof JobPlan]) === JSON.stringify(value);
}

/** `1, 25 % manual, 100 %`; null when it cannot be read. */
export function parseWaves(text: string): WaveSpec[] | null {
  const waves = text.split(',').map((part) => {
    const [, amount, manual] = /^\s*(.*?)\s*(manual)?\s*$/i.exec(part) ?? [];
    const quantity = parseQuantity(amount ?? '', 1);
    return quantity && { ...quantity, ...(manual ? { manual: true } : {}) };
  });
  return waves.length <= 50 && waves.every((wave) => wave !== null) ? waves : null;
}

/** `3` or `12.5 %`, not below `least`; null when it cannot be read. */
export function parseQuantity(text: string, least: number): Quantity | null {
  const share = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text.trim())?.[1];
  if (share !== undefined) {
    const ppm = ppmOfPercent(Number(share));
    return ppm >= least && ppm <= PPM ? { ppm } : null;
  }
  const count = parseWhole(text, least, 1_000_000);
  return count === null ? null : { count };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90 s`, `5 min`, `1 h 30 min`, a bare `0`; milliseconds, at most a day; null when it cannot be read. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d{1,6}\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  const parts = [...trimmed.matchAll(/(\d+)\s*([a-z]+)/g)].map(
    ([, count, unit]) => Number(count) * (UNIT_MS[unit ?? ''] ?? NaN),
  );
  const ms = parts.reduce((sum, part) => sum + part, 0);
  return Number.isSafeInteger(ms) && ms <= 86_400_000 ? ms : null;
}

function parseWhole(text: string, least: number, most: number): number | null {
  const value = /^\d{1,7}$/.test(text.trim()) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}
