import { setTimeout as delay } from 'node:timers/promises';
import type { JobPlan, JobView } from '../domain/views.ts';
import { jobHasEnded } from '../domain/task-transition.ts';
import type { Context } from '../services/context.ts';
import { listHolds } from '../services/hold/list.ts';
import { acknowledgeIncident } from '../services/incident/acknowledge.ts';
import { listIncidents } from '../services/incident/list.ts';
import { resolveIncident } from '../services/incident/resolve.ts';
import { startRollback } from '../services/rollback/start.ts';
import { startInstall } from '../services/install/start.ts';
import { listHosts } from '../services/host/list.ts';
import { showJob } from '../services/job/show.ts';
import { listTasks } from '../services/job/list-tasks.ts';
import { listProducts } from '../services/product/list.ts';
import { listReleases } from '../services/release/list.ts';
import { requestDownload } from '../services/release/request-download.ts';
import { signalboxActor, type Actor } from '../services/verb.ts';
import { releases } from './releases.ts';

type Say = (line: string) => void;

/** How long an incident stands on the wall before somebody takes it, so that whoever watches can read it. */
const readingMs = 6_000;

interface Scene {
  version: string;
  expected: 'succeeded' | 'failed';
  reason: string;
  plan?: Partial<JobPlan>;
}

/** Who works in the demo: an operator, so that the log names a person. */
const operator: Actor = { ...signalboxActor, name: 'Ana (demo)' };

/** Download, install in waves, a release that really fails on one host and halts, the way back. False: it went otherwise. */
export async function tellStory(ctx: Context, say: Say, signal: AbortSignal): Promise<boolean> {
  const ids = await publishedIds(ctx, signal);
  const hostIds = (await listHosts.run(ctx, operator, { limit: 500 })).items.map(({ id }) => id);
  const scenes = [
    { version: '4.1.0', expected: 'succeeded', reason: 'first installation of the line' },
    { version: '4.2.0', expected: 'succeeded', reason: 'faster label printing' },
    // Left as it is where it fails, so that there is something to take back.
    { version: '4.3.0', expected: 'failed', reason: 'new scanner', plan: { onFailure: 'leave' } },
  ] as const satisfies readonly Scene[];
  let asExpected = true;
  let last = 0;
  for (const { version, expected, reason, plan } of scenes as readonly Scene[]) {
    const releaseId = ids.get(version) as number;
    const download = await requestDownload.run(ctx, operator, { id: releaseId });
    await ended(ctx, download.id, say, signal);
    const install = await startInstall.run(ctx, operator, { releaseId, hostIds, reason, plan });
    const end = await ended(ctx, install.id, say, signal);
    asExpected &&= end.status === expected;
    await tellTrouble(ctx, end, say);
    last = install.id;
  }
  return (await recover(ctx, last, say, signal)) && asExpected;
}

/** What an operator does then: takes the incident, rolls back the affected host, and closes it when the host is well. */
async function recover(ctx: Context, jobId: number, say: Say, signal: AbortSignal): Promise<boolean> {
  const { items } = await listIncidents.run(ctx, operator, { limit: 10 });
  const incident = items.find((item) => item.jobId === jobId);
  if (!incident) return false;
  say(`incident ${incident.id} open: ${incident.cause.sentence}`);
  await delay(readingMs, undefined, { signal });
  await acknowledgeIncident.run(ctx, operator, { id: incident.id });
  say(`incident ${incident.id} acknowledged by ${operator.name}`);
  const { started } = await startRollback.run(ctx, operator, { id: jobId, reason: 'back to what was good' });
  const ends = await Promise.all(started.map(({ id }) => ended(ctx, id, say, signal)));
  const { items: holds } = await listHolds.run(ctx, operator, { state: 'standing', limit: 10 });
  for (const { id, reason } of holds) say(`hold ${id} stays until somebody releases it: ${reason}`);
  await resolveIncident.run(ctx, operator, { id: incident.id, resolution: 'rolled back; the driver is on order' });
  say(`incident ${incident.id} resolved`);
  return ends.length > 0 && ends.every(({ status }) => status === 'succeeded');
}

/** The feed check publishes them; it runs by itself a moment after the fleet file was applied. */
async function publishedIds(ctx: Context, signal: AbortSignal): Promise<Map<string, number>> {
  for (;;) {
    const { items } = await listReleases.run(ctx, operator, { limit: 100 });
    const problem = (await listProducts.run(ctx, operator, {})).items[0]?.feedProblem;
    if (problem) throw new Error(problem.sentence);
    if (items.length >= releases.length) return new Map(items.map(({ version, id }) => [version, id]));
    await delay(100, undefined, { signal });
  }
}

async function ended(ctx: Context, id: number, say: Say, signal: AbortSignal): Promise<JobView> {
  for (;;) {
    const job = await showJob.run(ctx, operator, { id });
    if (jobHasEnded(job.status)) {
      say(`job ${id} ${job.kind} ${job.version} ${job.status}${countsOf(job)}`);
      return job;
    }
    await delay(100, undefined, { signal });
  }
}

function countsOf({ kind, counts }: JobView): string {
  if (kind === 'download') return '';
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  return ` (${shown.map(([status, count]) => `${count} ${status.replace('_', ' ')}`).join(', ')})`;
}

async function tellTrouble(ctx: Context, job: JobView, say: Say): Promise<void> {
  if (job.problem) say(`  ${job.problem.sentence}`);
  const { items } = await listTasks.run(ctx, operator, { id: job.id, status: 'failed', limit: 10 });
  for (const task of items) say(`  ${task.hostName}: ${task.problem?.sentence ?? task.status}`);
}
