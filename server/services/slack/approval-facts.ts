import { decisionsOf, findApproval, planSummaries } from '../../../db/queries/approvals.ts';
import { environmentsById } from '../../../db/queries/catalog.ts';
import { findJob, type JobRow } from '../../../db/queries/jobs.ts';
import { listTaskViews } from '../../../db/queries/lists.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { startBy } from '../../domain/approved-plan.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { JobView, TaskView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { notesOfPlan } from '../install/notes.ts';
import { holdsOf } from '../job/start-obstacles.ts';
import { closedOnHosts } from '../window/on-hosts.ts';
import { serverUrl } from '../server-url.ts';
import { NAMED_HOSTS } from './failing.ts';
import { holdsNow } from './holds-now.ts';
import { jobAndRelease } from './job-facts.ts';

const EVERY_HOST = 1_000_000;

/** What an approval's card is made of; null: there is no such approval. Rule: section 11. */
export async function approvalFacts(ctx: Context, id: number) {
  const approval = await one(approvalViews, ctx.db, id);
  const row = await findApproval(ctx.db, id);
  const found = row && (await jobAndRelease(ctx.db, row.jobId));
  const job = row && (await findJob(ctx.db, row.jobId));
  if (!approval || !row || !found || !job) return null;
  const tasks = await listTaskViews(ctx.db, row.jobId, EVERY_HOST);
  const environments = await environmentsById(ctx.db, [...new Set(tasks.map((task) => task.environmentId))]);
  const summary = (await planSummaries(ctx.db, [row.jobId])).get(row.jobId);
  const clicks = await decisionsOf(ctx.db, id, true);
  return {
    approval,
    ...found,
    plan: {
      hosts: tasks.length,
      waves: summary?.waves ?? [],
      environments: summary?.environments ?? [],
      changes: tasks.slice(0, NAMED_HOSTS).map((task) => changeOf(task, found.job)),
    },
    notes: await notesOfPlan(ctx.db, found.release, tasks),
    decisions: clicks.map(({ by, verdict, reason, at }) => ({ by, verdict, reason, at })),
    startBy: row.state === 'approved' && row.endedAt !== null ? startBy(row.endedAt, row) : null,
    approveVia: environments.some(({ approveVia }) => approveVia === 'web') ? ('web' as const) : ('slack' as const),
    obstacles: await obstaclesOf(ctx, job, tasks),
    changesAt: (await holdsNow(ctx.db, { product: found.product, jobId: row.jobId }, ctx.clock.now())).changesAt,
    url: `${serverUrl(ctx.config)}/approvals/${id}`,
  };
}

function changeOf({ hostName: name, fromVersion: from, status }: TaskView, { version: to }: JobView) {
  return { name, from, to, changes: status !== 'skipped' };
}

/** Holds and closed windows that would stop it now, each once. */
async function obstaclesOf(ctx: Context, job: JobRow, tasks: readonly TaskView[]): Promise<string[]> {
  if (jobHasEnded(job.status) || job.startedAt !== null || job.kind === 'download') return [];
  const now = ctx.clock.now();
  const hostIds = tasks.filter(({ status }) => status === 'pending').map(({ hostId }) => hostId);
  const held = await holdsOf(ctx.db, job, hostIds, now);
  const closed = await closedOnHosts(ctx.db, job, hostIds, now);
  return [...new Set([...held.values(), ...closed.values()].map(({ sentence }) => sentence))];
}
