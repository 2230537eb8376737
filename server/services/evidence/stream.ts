import type { Readable } from 'node:stream';
import { settledCursor } from '../../../db/queries/activities.ts';
import { environmentsById } from '../../../db/queries/catalog.ts';
import { approvalsOf, requestedAt, viewsAt } from '../../../db/queries/evidence.ts';
import { jobAndDescendants } from '../../../db/queries/incidents.ts';
import { listTaskViews } from '../../../db/queries/lists.ts';
import { incidentOf, incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { cursorOf, type Cursor } from '../../../db/cursor.ts';
import type { JobView, TaskView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { jobOrRefusal } from '../job/show.ts';
import { logChunks } from '../task/read-log.ts';
import { verb } from '../verb.ts';
import { archiveStream, jsonFile, textFile, type ArchiveFile } from './archive.ts';
import { hostsCsv } from './hosts-csv.ts';
import { timelineFile } from './timeline.ts';

/** More than a job may have. */
const EVERY_TASK = 1_000_000;

/**
 * Everything there is about a job, as one tar.gz made while it is read: job, hosts, the log's lines about it and its
 * recovery, approvals, hook output per host, the configuration it was asked for under, and the SHA-256 of each file.
 */
export const streamEvidence = verb(
  'evidence.read',
  async (ctx, _actor, { id }: { id: number }): Promise<{ name: string; content: Readable }> => {
    const job = await jobOrRefusal(ctx.db, id);
    const folder = `signalbox-job-${id}`;
    return { name: `${folder}.tar.gz`, content: archiveStream(folder, filesOf(ctx, job), job.createdAt) };
  },
);

async function* filesOf(ctx: Context, job: JobView): AsyncGenerator<ArchiveFile> {
  const upTo = cursorOf(await settledCursor(ctx.db));
  const tasks = await listTaskViews(ctx.db, job.id, EVERY_TASK);
  const environments = await environmentsById(ctx.db, [...new Set(tasks.map((task) => task.environmentId))]);
  const names = new Map(environments.map(({ id, name }) => [id, name]));
  const family = await jobAndDescendants(ctx.db, job.id);
  const incident = (await incidentViews(ctx.db, incidentOf(job.id)))[0] ?? null;
  const recovery = await jobViews(
    ctx.db,
    family.filter((id) => id !== job.id),
  );
  yield jsonFile('job.json', { job, incident, recovery });
  yield textFile('hosts.csv', hostsCsv(tasks, names));
  yield await timelineFile(ctx.db, family, upTo);
  yield jsonFile('approvals.json', await approvalsOf(ctx.db, job.id));
  yield jsonFile('configuration.json', await configuration(ctx, job, [...names.keys()], upTo));
  for (const task of tasks) yield logFile(ctx, task);
}

/** As the log showed it when the job was asked for: what has been changed since does not show. */
async function configuration(ctx: Context, job: JobView, environmentIds: readonly number[], upTo: Cursor) {
  const then = (await requestedAt(ctx.db, job.id)) ?? upTo;
  const [release] = await viewsAt(ctx.db, 'release', [job.releaseId], then);
  const [product] = await viewsAt(ctx.db, 'product', [job.productId], then);
  const environments = await viewsAt(ctx.db, 'environment', environmentIds, then);
  return { at: job.createdAt, plan: job.plan, release: release ?? null, product: product ?? null, environments };
}

function logFile(ctx: Context, task: TaskView): ArchiveFile {
  const content = () => logChunks(ctx.db, task.id, task.logBytes);
  return { name: `logs/${task.hostName}.log`, size: task.logBytes, content };
}
