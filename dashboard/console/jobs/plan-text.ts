import type { JobPlan } from '../../../server/domain/views.ts';
import { planForm } from '../install/plan-form.ts';

/** The plan of a job in one line: `Plan: waves 1, 25 %, 100 % · 10 at once · 0 may fail · bake 5 min · restore on failure`. */
export function planText(plan: JobPlan): string {
  const { waves, maxParallel, maxFailures, bake, onFailure } = planForm(plan);
  const failing = onFailure === 'restore' ? 'restore on failure' : 'leave on failure';
  return `Plan: waves ${waves} · ${maxParallel} at once · ${maxFailures} may fail · bake ${bake} · ${failing}`;
}
