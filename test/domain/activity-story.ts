import fc from 'fast-check';
import type { ActivityKind, AnyActivity, EntityKind } from '../../server/domain/activity.ts';
import type { JobStatus } from '../../server/domain/views.ts';

interface Step {
  kind: ActivityKind;
  entity: EntityKind;
  id: number;
  status?: JobStatus;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('host.reported' as const, 'host.removed' as const),
    entity: fc.constant('host' as const),
    id: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    kind: fc.constantFrom('release.downloaded' as const, 'release.download_progressed' as const),
    entity: fc.constant('release' as const),
    id: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constantFrom('task.step' as const, 'task.ended' as const),
    entity: fc.constant('task' as const),
    id: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({
    kind: fc.constantFrom('job.progressed' as const, 'job.ended' as const),
    entity: fc.constant('job' as const),
    id: fc.integer({ min: 1, max: 8 }),
    status: fc.constantFrom('queued' as const, 'running' as const, 'waiting' as const),
  }),
);

/**
 * A log as it could be: revisions of each entity rise without a hole, a task stays on its host, a job ends at most once,
 * with its last revision. In the order in which it happened.
 */
export const story: fc.Arbitrary<AnyActivity[]> = fc.array(step, { maxLength: 120 }).map((steps) => {
  const revisions = new Map<string, number>();
  const over = new Set<number>();
  const activities: AnyActivity[] = [];
  for (const { kind, entity, id, status } of steps) {
    if (entity === 'job' && over.has(id)) continue;
    if (kind === 'job.ended') over.add(id);
    const revision = (revisions.get(`${entity} ${id}`) ?? 0) + 1;
    revisions.set(`${entity} ${id}`, revision);
    activities.push(activityOf(activities.length + 1, kind, entity, { id, revision, status }));
  }
  return activities;
});

function activityOf(
  seq: number,
  kind: ActivityKind,
  entity: EntityKind,
  { id, revision, status }: { id: number; revision: number; status?: JobStatus },
): AnyActivity {
  const ended = kind === 'job.ended';
  const view = {
    ...{ id, revision, steps: [] },
    ...(entity === 'task' ? { hostId: 1 + (id % 4) } : {}),
    ...(entity === 'job' ? { status: ended ? 'succeeded' : status, endedAt: ended ? seq : null } : {}),
    ...(kind === 'host.removed' ? { removed: true } : {}),
  };
  return {
    ...{ cursor: `1.${seq}`, at: seq, kind, entity: { kind: entity, id, revision }, actor: 'tester' },
    ...{ productId: null, environmentId: null, hostId: null, jobId: null, view, detail: {} },
  } as unknown as AnyActivity;
}

/** The newest `count` ended jobs of a story are kept by the board; more are needed to see it trim. */
export function manyEndedJobs(from: number, count: number): AnyActivity[] {
  return Array.from({ length: count }, (_, i) => [
    activityOf(2 * i + 1, 'job.progressed', 'job', { id: from + i, revision: 1, status: 'running' }),
    activityOf(2 * i + 2, 'job.ended', 'job', { id: from + i, revision: 2 }),
  ]).flat();
}
