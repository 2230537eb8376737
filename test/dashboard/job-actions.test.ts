import { describe, expect, test } from 'vitest';
import { jobActions } from '../../dashboard/console/jobs/job-actions.ts';
import { DEFAULT_PLAN } from '../../dashboard/console/install/plan-form.ts';
import { JOB_TRANSITIONS, judgeJobVerb } from '../../server/domain/task-transition.ts';
import type { JobStatus, JobView, TaskCounts } from '../../server/domain/views.ts';

const none: TaskCounts = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  cancelled: 0,
  not_started: 0,
};
const may = () => null;

function job(status: JobStatus, counts: Partial<TaskCounts> = {}, more: Partial<JobView> = {}): JobView {
  return {
    id: 42,
    revision: 3,
    kind: 'install',
    productId: 1,
    releaseId: 7,
    version: '4.2.1',
    status,
    plan: DEFAULT_PLAN,
    requestedBy: 'Ana',
    reason: null,
    problem: null,
    parentJobId: null,
    createdAt: 0,
    startedAt: 0,
    endedAt: null,
    wave: 2,
    waves: 3,
    counts: { ...none, ...counts },
    ...more,
  };
}
const labels = (view: JobView) =>
  jobActions(view, may)
    .filter(({ refusal }) => !refusal)
    .map(({ label }) => label);

describe('the buttons of a job', () => {
  test('a running job can be paused and cancelled, a paused one resumed', () => {
    expect(labels(job('running', { running: 1, pending: 3 }))).toEqual(['Pause', 'Cancel job']);
    expect(labels(job('paused'))).toEqual(['Resume', 'Cancel job']);
  });

  test('Continue is there when a manual wave waits, and only then', () => {
    const problem = { code: 'manual_wave', sentence: 'Wave 2 is manual: it waits for Continue.' };
    expect(labels(job('waiting', {}, { problem }))).toEqual(['Continue', 'Pause', 'Cancel job']);
    expect(labels(job('waiting', {}, { problem: { code: 'baking', sentence: '' } }))).toEqual(['Pause', 'Cancel job']);
  });

  test('re-run failed and re-run not started are two buttons, each with its count and its scope', () => {
    const actions = jobActions(job('failed', { succeeded: 5, failed: 10, unreachable: 2, not_started: 3 }), may);
    expect(actions.map(({ label, statuses }) => [label, statuses])).toEqual([
      ['Re-run failed (12)', ['failed', 'unreachable']],
      ['+ not started (3)', ['failed', 'unreachable', 'not_started']],
    ]);
    expect(actions[0]?.consequence).toBe(
      'A new job installs 4.2.1 on 12 hosts of job 42 (10 failed, 2 unreachable) and on no other. This job stays as it ended.',
    );
  });

  test('cancelled hosts are covered only by a button that says so', () => {
    expect(labels(job('cancelled', { cancelled: 4, succeeded: 1 }))).toEqual(['Re-run cancelled (4)']);
  });

  test('nothing to re-run is said, not hidden', () => {
    const [rerun] = jobActions(job('failed', { not_started: 0 }), may);
    expect(rerun?.refusal).toBe('No host of this job failed or was unreachable.');
    expect(jobActions(job('succeeded', { succeeded: 9 }), may)[0]?.refusal).toContain('the job is succeeded');
  });

  test('a cancel says what happens to the hosts that wait and to those that run', () => {
    const cancel = jobActions(job('running', { pending: 3, running: 1 }), may).find(({ verb }) => verb === 'cancel');
    expect(cancel?.consequence).toBe(
      '3 pending hosts are cancelled at once. 1 running host stops at the next step before activate; what is past activate runs to its end.',
    );
  });

  test('a missing role is the reason shown, whatever the state', () => {
    const actions = jobActions(job('running'), () => 'you are viewer');
    expect(actions.map(({ refusal }) => refusal)).toEqual(['you are viewer', 'you are viewer']);
  });

  test('in every state what may be pressed is what the table of the domain allows', () => {
    for (const status of Object.keys(JOB_TRANSITIONS) as JobStatus[]) {
      for (const { verb, refusal } of jobActions(job(status, { failed: 1, not_started: 1, cancelled: 1 }), may)) {
        expect([status, verb, refusal === null]).toEqual([status, verb, judgeJobVerb(status, verb).allowed]);
      }
    }
  });

  test('a download can be cancelled while it runs and tried again once it has failed, nothing else', () => {
    expect(labels(job('running', {}, { kind: 'download' }))).toEqual(['Cancel job']);
    expect(labels(job('failed', {}, { kind: 'download' }))).toEqual(['Retry download']);
    expect(labels(job('succeeded', {}, { kind: 'download' }))).toEqual([]);
  });
});
