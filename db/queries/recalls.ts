import { and, asc, eq, gte, inArray, isNotNull, isNull, notInArray, sql } from 'drizzle-orm';
import type { StandingRecall } from '../../server/domain/roll-off-plan.ts';
import type { EvaluationView } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import { evaluation, hostProduct, job, recall, recallJob, release, task } from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';
import { lastTasks } from './rollbacks.ts';
import { evaluationViews } from './pipeline-views.ts';
import { idIn } from './views.ts';

export type RecallRow = typeof recall.$inferSelect;
export type NewRecall = Omit<
  typeof recall.$inferInsert,
  'id' | 'revision' | 'revertedAt' | 'revertedBy' | 'revertReason'
>;

/** A recall that nobody has reverted, with who answers for it. */
export interface StandingRow extends StandingRecall {
  readonly productId: number;
  readonly reason: string;
  readonly openedAt: number;
  readonly openedBy: string;
  readonly openedById: number | null;
}

/** The recalls of a product that nobody has reverted, oldest first. Rule: section 9. */
export async function recallsStanding(reader: Reader, productId: number): Promise<StandingRow[]> {
  return (await recallsOfProducts(reader, [productId])).get(productId) ?? [];
}

function standing({
  revertedAt: _at,
  revertedBy: _by,
  revertReason: _why,
  revision: _,
  ...row
}: RecallRow): StandingRow {
  return { ...row, reverted: false };
}

export async function insertRecall(tx: Transaction, values: NewRecall): Promise<number> {
  const [row] = await tx.insert(recall).values(values).returning({ id: recall.id });
  return (row as { id: number }).id;
}

/** Ends a recall, once. False: it has ended already, or there is none. */
export async function revertRecallRow(
  tx: Transaction,
  id: number,
  by: { revertedAt: number; revertedBy: string; revertReason: string },
): Promise<boolean> {
  const rows = await tx
    .update(recall)
    .set({ ...by, revision: sql`${recall.revision} + 1` })
    .where(and(eq(recall.id, id), isNull(recall.revertedAt)))
    .returning({ id: recall.id });
  return rows.length === 1;
}

export async function findRecall(reader: Reader, id: number): Promise<RecallRow | undefined> {
  const [row] = await reader.select().from(recall).where(eq(recall.id, id));
  return row;
}

/** Whether anything of the product is recalled: only then is there something to look at. */
export async function hasStandingRecall(reader: Reader, productId: number): Promise<boolean> {
  const rows = await reader
    .select({ id: recall.id })
    .from(recall)
    .where(and(eq(recall.productId, productId), isNull(recall.revertedAt)))
    .limit(1);
  return rows.length === 1;
}

/** The recalls of several products that nobody has reverted, by product. */
export async function recallsOfProducts(
  reader: Reader,
  productIds: readonly number[],
): Promise<Map<number, StandingRow[]>> {
  if (productIds.length === 0) return new Map();
  const rows = await reader
    .select()
    .from(recall)
    .where(and(idIn(recall.productId, productIds), isNull(recall.revertedAt)))
    .orderBy(asc(recall.id));
  return Map.groupBy(rows.map(standing), ({ productId }) => productId);
}

/** Versions that active hosts report for a product. */
export async function versionsReported(reader: Reader, productId: number): Promise<string[]> {
  const rows = await reader
    .selectDistinct({ version: hostProduct.reportedVersion })
    .from(hostProduct)
    .where(and(eq(hostProduct.productId, productId), isNotNull(hostProduct.reportedVersion)));
  return rows.flatMap(({ version }) => version ?? []);
}

export interface RunningHost extends Record<string, unknown> {
  hostId: number;
  version: string;
  environmentId: number;
  /** The roll-off of the product that has it and has not ended there. */
  underWay: { jobId: number; version: string } | null;
  /** The job at work on it now. */
  busyWith: number | null;
}

/** Hosts in use that report one of these versions, by name. */
export async function hostsOnVersions(
  reader: Reader,
  productId: number,
  versions: readonly string[],
): Promise<RunningHost[]> {
  if (versions.length === 0) return [];
  return reader.execute<RunningHost>(sql`
    select h.id as "hostId", p.reported_version as version, h.environment_id as "environmentId",
      (select jsonb_build_object('jobId', j.id, 'version', r.version)
        from task t join job j on j.id = t.job_id join release r on r.id = j.release_id
        where t.host_id = h.id and t.status in ('pending', 'running') and j.kind = 'roll-off'
          and j.product_id = ${productId} order by j.id desc limit 1) as "underWay",
      (select t.job_id from task t where t.host_id = h.id and t.status = 'running' limit 1) as "busyWith"
    from host_product p join host h on h.id = p.host_id
    where p.product_id = ${productId} and h.life <> 'retired'
      and p.reported_version in (select jsonb_array_elements_text(${JSON.stringify(versions)}::jsonb))
    order by h.name`);
}

/** What ended a task whose target is another by now: it says nothing of the next try. */
const SAYS_NOTHING = ['recalled', 'demoted', 'not_recalled', 'approval_superseded'];

/** Roll-offs that did not bring a host to their release, since `from`; oldest first. */
export async function rollOffsTried(reader: Reader, productId: number, hostIds: readonly number[], from: number) {
  if (hostIds.length === 0) return [];
  return reader
    .select({ hostId: task.hostId, jobId: job.id, version: release.version })
    .from(task)
    .innerJoin(job, eq(job.id, task.jobId))
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(
      and(
        eq(job.kind, 'roll-off'),
        eq(job.productId, productId),
        idIn(task.hostId, hostIds),
        gte(job.createdAt, from),
        inArray(task.status, ['failed', 'unreachable', 'not_started', 'cancelled']),
        notInArray(sql`coalesce(${task.problem}->>'code', '')`, SAYS_NOTHING),
      ),
    )
    .orderBy(asc(task.id));
}

export async function insertRecallJob(tx: Transaction, recallId: number, jobId: number): Promise<void> {
  await tx.insert(recallJob).values({ recallId, jobId });
}

/** The recall that a roll-off job belongs to. */
export async function recallOfJob(reader: Reader, jobId: number): Promise<number | undefined> {
  const [row] = await reader.select({ id: recallJob.recallId }).from(recallJob).where(eq(recallJob.jobId, jobId));
  return row?.id;
}

export async function jobsOfRecall(reader: Reader, recallId: number): Promise<number[]> {
  const rows = await reader
    .select({ id: recallJob.jobId })
    .from(recallJob)
    .where(eq(recallJob.recallId, recallId))
    .orderBy(asc(recallJob.jobId));
  return rows.map(({ id }) => id);
}

/** Jobs of a product in flight that take a release to hosts or to the server, with their release. */
export async function workInFlight(reader: Reader, productId: number) {
  return reader
    .select({ id: job.id, kind: job.kind, version: release.version, pending: pendingTasks() })
    .from(job)
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(and(eq(job.productId, productId), notInArray(job.status, [...endedStatuses])))
    .orderBy(asc(job.id));
}

function pendingTasks() {
  return sql<number>`(select count(*)::int from ${task} t where t.job_id = ${sql.raw('job.id')} and t.status = 'pending')`;
}

export interface CatalogRelease {
  id: number;
  version: string;
  package: 'absent' | 'downloading' | 'present';
  downloadFailed: boolean;
  required: boolean;
  /** Names of the channels on which it has an active entry. */
  channels: string[];
}

/** The releases of a product, oldest first. */
export async function catalogOf(reader: Reader, productId: number): Promise<CatalogRelease[]> {
  return reader
    .select({
      id: release.id,
      version: release.version,
      package: release.package,
      downloadFailed: sql<boolean>`${release.downloadProblem} is not null`,
      required: release.required,
      channels: sql<string[]>`(
        select coalesce(jsonb_agg(c.name order by c.name), '[]') from channel_entry e join channel c on c.id = e.channel_id
        where e.release_id = ${sql.raw('release.id')} and e.demoted_at is null)`,
    })
    .from(release)
    .where(eq(release.productId, productId))
    .orderBy(asc(release.id));
}

/** What stages have not decided yet about releases of a product. */
export function undecidedEvaluations(reader: Reader, productId: number): Promise<EvaluationView[]> {
  return evaluationViews(reader, { where: and(eq(evaluation.productId, productId), isNull(evaluation.endedAt))! });
}

/** What the hosts of a roll-off's pending tasks report, with how their last task of the product ended. */
export async function pendingOf(reader: Reader, jobId: number, productId: number) {
  const rows = await reader.execute<{ taskId: number; hostId: number; name: string; version: string | null }>(sql`
    select t.id as "taskId", h.id as "hostId", h.name, p.reported_version as version
    from task t join host h on h.id = t.host_id
    left join host_product p on p.host_id = h.id and p.product_id = ${productId}
    where t.job_id = ${jobId} and t.status = 'pending'
    order by t.position`);
  const last = await lastTasks(
    reader,
    productId,
    rows.map(({ hostId }) => hostId),
  );
  return rows.map((row) => ({ ...row, lastTaskWentBad: last.get(row.hostId)?.bad === true }));
}
