import type { StepRecord } from '../../../server/domain/views.ts';

/** `12 ms`, `4 180 ms`, `running`: how long a step took, to the millisecond, since hooks are judged by it. */
export function stepTime(step: Pick<StepRecord, 'ms' | 'outcome'>): string {
  if (step.outcome === 'running') return 'running';
  if (step.ms === null) return '–';
  return `${Math.round(step.ms)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')} ms`;
}
