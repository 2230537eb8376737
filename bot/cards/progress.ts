import type { TaskStatus } from '../../server/domain/views.ts';
import { bytesText } from '../../server/domain/wording.ts';
import type { JobFacts } from './facts.ts';
import { hostTotal } from './words.ts';

const CELLS = 10;

/** In the order in which people ask: what got there, what is wrong, what is on its way. */
const COUNTED = [
  ['succeeded', 'succeeded'],
  ['skipped', 'had it already'],
  ['failed', 'failed'],
  ['unreachable', 'unreachable'],
  ['running', 'running'],
  ['pending', 'to go'],
  ['not_started', 'not started'],
  ['cancelled', 'cancelled'],
] as const satisfies readonly (readonly [TaskStatus, string])[];

/** `▰▰▰▰▱▱▱▱▱▱ 16 of 40` and the counts below: short enough for a line of a phone each. Full only when every host got there. */
export function progressBar(facts: JobFacts): string | null {
  const { done, total, unit } = progress(facts);
  if (total === 0 || facts.job.startedAt === null) return null;
  const filled = done === 0 ? 0 : Math.max(1, Math.floor((done * CELLS) / total));
  const bar = '▰'.repeat(filled) + '▱'.repeat(CELLS - filled);
  return `${bar}  *${unit(done)} of ${unit(total)}*\n${countsText(facts)}`.trimEnd();
}

/** For notifications: `16 of 40 hosts got there, 2 failed.` */
export function progressWords(facts: JobFacts): string {
  const { done, total, unit } = progress(facts);
  if (total === 0) return '';
  const bad = facts.job.counts.failed + facts.job.counts.unreachable;
  const what = facts.job.kind === 'download' ? 'arrived' : 'hosts got there';
  return `${unit(done)} of ${unit(total)} ${what}${bad > 0 ? `, ${bad} failed` : ''}.`;
}

function progress({ job, release }: JobFacts) {
  if (job.kind === 'download') return { done: release.received, total: release.size, unit: bytesText };
  const total = hostTotal(job.counts);
  return { done: job.counts.succeeded + job.counts.skipped, total, unit: String };
}

function countsText({ job: { kind, counts } }: JobFacts): string {
  if (kind === 'download') return '';
  const told = COUNTED.filter(([status]) => counts[status] > 0);
  return told.map(([status, word]) => `${counts[status]} ${word}`).join(' · ');
}
