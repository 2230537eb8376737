import type { ActivityKind } from '../../../server/domain/activity.ts';

/** Facts that are many and small: shown in the log only when asked for. */
const SMALL: ReadonlySet<string> = new Set<ActivityKind>([
  'release.download_progressed',
  'task.created',
  'task.step',
  'job.progressed',
  'host.reported',
]);

export function isSmall(kind: string): boolean {
  return SMALL.has(kind);
}
