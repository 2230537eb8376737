import type { TaskStatus } from '../../../server/domain/task-transition.ts';

/** One part of a progress bar. `ppm`: its width in parts per million; all parts make exactly a million. */
export interface Segment {
  readonly status: TaskStatus;
  readonly count: number;
  readonly ppm: number;
}

/** From what is good over what moves to what is still open; trouble stands at the front edge of the work. */
export const SEGMENT_ORDER = [
  'succeeded',
  'skipped',
  'running',
  'failed',
  'unreachable',
  'cancelled',
  'not_started',
  'pending',
] as const satisfies readonly TaskStatus[];

const WHOLE = 1_000_000;

/**
 * The parts of a job's bar. Whatever is there gets at least `leastPpm`: one failed host of ten thousand must be seen,
 * so the largest parts give up a little. Without tasks there are no parts.
 */
export function progressSegments(counts: Readonly<Record<TaskStatus, number>>, leastPpm = 12_000): Segment[] {
  const present = SEGMENT_ORDER.filter((status) => counts[status] > 0);
  const total = present.reduce((sum, status) => sum + counts[status], 0);
  if (total === 0) return [];
  const least = Math.min(leastPpm, Math.floor(WHOLE / present.length));
  const small = present.filter((status) => counts[status] * WHOLE < least * total);
  const room = WHOLE - small.length * least;
  const share = present.filter((status) => !small.includes(status)).reduce((sum, status) => sum + counts[status], 0);
  const segments = present.map((status) => {
    const ppm = small.includes(status) ? least : Math.floor((counts[status] / share) * room);
    return { status, count: counts[status], ppm };
  });
  return withRemainder(segments);
}

/** Rounding down leaves a few parts over; the largest segment takes them, where they show least. */
function withRemainder(segments: readonly Segment[]): Segment[] {
  const rest = WHOLE - segments.reduce((sum, { ppm }) => sum + ppm, 0);
  const largest = segments.reduce((best, segment) => (segment.ppm > best.ppm ? segment : best));
  return segments.map((segment) => (segment === largest ? { ...segment, ppm: segment.ppm + rest } : segment));
}

/** Hosts of a job that have their result, whatever it is. */
export function endedCount(counts: Readonly<Record<TaskStatus, number>>): number {
  return SEGMENT_ORDER.reduce(
    (sum, status) => (status === 'pending' || status === 'running' ? sum : sum + counts[status]),
    0,
  );
}

export function totalCount(counts: Readonly<Record<TaskStatus, number>>): number {
  return SEGMENT_ORDER.reduce((sum, status) => sum + counts[status], 0);
}
