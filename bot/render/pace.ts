import type { MessageRow } from '../../server/services/slack/messages.ts';

type Paced = Pick<MessageRow, 'purpose' | 'part' | 'priority' | 'sentAt' | 'notBefore'>;

/** Progress that stands elsewhere too is told this many times more seldom. */
const SELDOM = 3;

/**
 * When a message may be sent again, as far as it is for itself to say: at least `coalesceMs` after the last time, and
 * what only repeats the progress of a job's card less often than that card. Epoch milliseconds.
 */
export function readyAt({ purpose, part, priority, sentAt, notBefore }: Paced, coalesceMs: number): number {
  const often = (purpose === 'job' && part === '') || priority < 3;
  const spaced = sentAt === null ? 0 : sentAt + coalesceMs * (often ? 1 : SELDOM);
  return Math.max(spaced, notBefore ?? 0);
}
