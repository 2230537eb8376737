import type { StepRecord } from '../domain/views.ts';
import type { RunnerReport } from '../hosts/contract.ts';

/** Folds one report of the host into the steps that surfaces show. A step that is reported twice stays one. */
export function foldReport(steps: readonly StepRecord[], report: RunnerReport, now: number): StepRecord[] {
  if (report.event === 'started') {
    const fresh: StepRecord = {
      step: report.step,
      startedAt: now,
      endedAt: null,
      ms: null,
      code: null,
      outcome: 'running',
    };
    return [...steps.filter(({ step }) => step !== report.step), fresh];
  }
  if (report.event !== 'ended') return [...steps];
  const started = steps.find(({ step }) => step === report.step);
  const ended: StepRecord = {
    step: report.step,
    startedAt: started?.startedAt ?? now,
    endedAt: now,
    ms: report.ms,
    code: report.exit,
    outcome: report.outcome === 'lost' ? 'failed' : report.outcome,
  };
  return [...steps.filter(({ step }) => step !== report.step), ended];
}

/** The step that is being worked on after this report; null between steps. */
export function stepNow(report: RunnerReport): string | null {
  return report.event === 'started' ? report.step : null;
}
