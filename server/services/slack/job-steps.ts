import { jobStory, type StoryLine } from '../../../db/queries/slack-facts.ts';
import type { Reader } from '../../../db/connect.ts';
import { planSummaries } from '../../../db/queries/approvals.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import type { Reason } from '../../domain/reason.ts';
import type { JobView } from '../../domain/views.ts';
import type { Context } from '../context.ts';

/** Steps within this time of the first share one message: a thread is read by people. */
const TOGETHER_MS = 30_000;

/** One step on a job's way. `at`: epoch milliseconds. */
export type JobStepFact = { readonly at: number; readonly by: string } & (
  | { readonly kind: 'started' | 'resumed' | 'paused' | 'continued' | 'cancelling' | 'ended' }
  | { readonly kind: 'wave'; readonly wave: number; readonly waves: number; readonly hosts: number }
  | { readonly kind: 'waiting' | 'halted'; readonly reason: Reason | null }
  | { readonly kind: 'glass_broken'; readonly reason: string }
);

/** What happened on a job's way, oldest first, from the log: the card and its approval say what came before the start. */
export async function jobSteps(reader: Reader, jobId: number): Promise<JobStepFact[]> {
  const { lines, waves } = await jobStory(reader, jobId);
  const hosts = (await planSummaries(reader, [jobId])).get(jobId)?.waves ?? [];
  const begun = waves
    .filter(({ wave }) => wave > 1)
    .map(({ wave, at }) => ({
      at,
      by: '',
      kind: 'wave' as const,
      wave,
      waves: hosts.length,
      hosts: hosts[wave - 1] ?? 0,
    }));
  return [...lines.flatMap((line) => stepOf(line) ?? []), ...begun].sort((a, b) => a.at - b.at);
}

function stepOf({ kind, at, by, started, waiting, problem, glassReason }: StoryLine): JobStepFact | null {
  switch (kind) {
    case 'job.waiting':
      return waiting ? { at, by, kind: 'waiting', reason: problem } : null;
    case 'job.resumed':
      return started ? { at, by, kind: 'resumed' } : null;
    case 'job.halted':
      return { at, by, kind: 'halted', reason: problem };
    case 'job.glass_broken':
      return { at, by, kind: 'glass_broken', reason: glassReason ?? '' };
    case 'job.started':
      return { at, by, kind: 'started' };
    case 'job.paused':
      return { at, by, kind: 'paused' };
    case 'job.continued':
      return { at, by, kind: 'continued' };
    case 'job.cancelling':
      return { at, by, kind: 'cancelling' };
    case 'job.ended':
      return { at, by, kind: 'ended' };
    default:
      return null;
  }
}

/** What goes on: it begins a message. What stops is told in the message that it stops. */
const BEGINS: ReadonlySet<JobStepFact['kind']> = new Set(['started', 'wave', 'continued', 'resumed']);

/** When each message of a job's thread begins: the same steps begin the same messages. What came before is said by the card. */
export function phasesOf(steps: readonly Pick<JobStepFact, 'kind' | 'at'>[]): number[] {
  const phases: number[] = [];
  for (const { kind, at } of steps) {
    const last = phases.at(-1);
    if (BEGINS.has(kind) && (last === undefined || at - last >= TOGETHER_MS)) phases.push(at);
  }
  return phases;
}

/** The steps of the phase that begins at `start`; `closed`: another one has begun since. */
export async function jobPhase(
  ctx: Context,
  jobId: number,
  start: number,
): Promise<{ job: JobView | undefined; steps: JobStepFact[]; closed: boolean }> {
  const job = await one(jobViews, ctx.db, jobId);
  const steps = await jobSteps(ctx.db, jobId);
  const next = phasesOf(steps).find((phase) => phase > start);
  return { job, steps: steps.filter(({ at }) => start <= at && at < (next ?? Infinity)), closed: next !== undefined };
}
