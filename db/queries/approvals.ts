import { and, asc, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { ApprovalRule } from '../../server/domain/approval-policy.ts';
import type { Reader, Transaction } from '../connect.ts';
import {
  approval,
  approvalDecision,
  approvalRule,
  breakGlass,
  channel,
  environment,
  host,
  job,
  product,
  release,
  subscription,
  task,
} from '../schema/index.ts';
import { idIn } from './views.ts';

export type ApprovalRow = typeof approval.$inferSelect;
export type DecisionRow = typeof approvalDecision.$inferSelect;
export type GlassRow = typeof breakGlass.$inferSelect;

/** In the order in which they were declared. */
export async function approvalRules(reader: Reader): Promise<ApprovalRule[]> {
  const rows = await reader.select({ rule: approvalRule.rule }).from(approvalRule).orderBy(asc(approvalRule.id));
  return rows.map(({ rule }) => rule);
}

/** What a product's work on these hosts, or on those of a job, touches: once per environment. */
export async function touchedOn(
  reader: Reader,
  productId: number,
  of: { hostIds: readonly number[] } | { jobId: number },
) {
  const ofJob = (jobId: number) =>
    inArray(host.id, reader.select({ id: task.hostId }).from(task).where(eq(task.jobId, jobId)));
  return reader
    .selectDistinct({
      product: product.name,
      channel: channel.name,
      environment: environment.name,
      labels: environment.labels,
      approveVia: environment.approveVia,
    })
    .from(host)
    .innerJoin(product, eq(product.id, productId))
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .leftJoin(subscription, and(eq(subscription.environmentId, environment.id), eq(subscription.productId, productId)))
    .leftJoin(channel, eq(channel.id, subscription.channelId))
    .where('jobId' in of ? ofJob(of.jobId) : idIn(host.id, of.hostIds));
}

/** Everything that an approval binds, as it stands now; hosts in the order of the job. */
export async function planFacts(reader: Reader, jobId: number) {
  const [found] = await reader
    .select({ digest: release.digest, plan: job.plan })
    .from(job)
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(eq(job.id, jobId));
  const hosts = await reader
    .select({ name: host.name, connection: host.connection, root: host.root })
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .where(eq(task.jobId, jobId))
    .orderBy(asc(task.position));
  return { ...(found as NonNullable<typeof found>), hosts };
}

/** Whether any host has ever been taken for it: from then on its approval is used up. */
export async function jobHasStarted(reader: Reader, jobId: number): Promise<boolean> {
  const rows = await reader
    .select({ id: task.id })
    .from(task)
    .where(and(eq(task.jobId, jobId), isNotNull(task.startedAt)))
    .limit(1);
  return rows.length === 1;
}

export async function insertApproval(
  tx: Transaction,
  values: Omit<typeof approval.$inferInsert, 'id' | 'revision' | 'state'>,
): Promise<number> {
  const [row] = await tx.insert(approval).values(values).returning({ id: approval.id });
  return (row as { id: number }).id;
}

export async function jobOfApproval(reader: Reader, id: number): Promise<number | undefined> {
  const [row] = await reader.select({ jobId: approval.jobId }).from(approval).where(eq(approval.id, id));
  return row?.jobId;
}

/** Takes the row's lock: every click and every end of a request happens under it, after the lock of its job. */
export async function lockApprovalOf(tx: Transaction, jobId: number): Promise<ApprovalRow | undefined> {
  const [row] = await tx.select().from(approval).where(eq(approval.jobId, jobId)).for('update');
  return row;
}

export async function findApproval(reader: Reader, id: number): Promise<ApprovalRow | undefined> {
  const [row] = await reader.select().from(approval).where(eq(approval.id, id));
  return row;
}

export async function updateApproval(
  tx: Transaction,
  id: number,
  patch: Partial<Pick<ApprovalRow, 'state' | 'endedBy' | 'endedAt' | 'superseded' | 'windowFrom' | 'windowEnd'>>,
): Promise<void> {
  await tx
    .update(approval)
    .set({ ...patch, revision: sql`${approval.revision} + 1` })
    .where(eq(approval.id, id));
}

/** Every click, in the order in which they were taken. `counted`: only those that had an effect. */
export async function decisionsOf(reader: Reader, approvalId: number, counted: boolean): Promise<DecisionRow[]> {
  return reader
    .select()
    .from(approvalDecision)
    .where(
      and(
        eq(approvalDecision.approvalId, approvalId),
        counted ? sql`${approvalDecision.result}->>'code' = 'recorded'` : undefined,
      ),
    )
    .orderBy(asc(approvalDecision.id));
}

export async function insertDecision(tx: Transaction, values: Omit<DecisionRow, 'id'>): Promise<void> {
  await tx.insert(approvalDecision).values(values);
}

/** The glass that was broken last for a job. */
export async function lastGlass(reader: Reader, jobId: number): Promise<GlassRow | undefined> {
  const [row] = await reader
    .select()
    .from(breakGlass)
    .where(eq(breakGlass.jobId, jobId))
    .orderBy(desc(breakGlass.id))
    .limit(1);
  return row;
}

/** `usedAt`: the plan starts with it. */
export async function insertGlass(
  tx: Transaction,
  values: Omit<GlassRow, 'id' | 'usedAt'> & Partial<Pick<GlassRow, 'usedAt'>>,
): Promise<void> {
  await tx.insert(breakGlass).values(values);
}

/** Marks the job's open glass as used, once. */
export async function useGlass(tx: Transaction, jobId: number, usedAt: number): Promise<void> {
  await tx
    .update(breakGlass)
    .set({ usedAt })
    .where(and(eq(breakGlass.jobId, jobId), isNull(breakGlass.usedAt)));
}

/** Hosts per wave and environments of jobs, by job id: what a list shows of their plans. */
export async function planSummaries(reader: Reader, jobIds: readonly number[]) {
  const rows = await reader
    .select({
      jobId: task.jobId,
      wave: task.wave,
      hosts: sql`count(*)`.mapWith(Number),
      environments: sql<string[]>`jsonb_agg(distinct ${environment.name})`,
    })
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(idIn(task.jobId, jobIds))
    .groupBy(task.jobId, task.wave)
    .orderBy(asc(task.jobId), asc(task.wave));
  const byJob = Map.groupBy(rows, ({ jobId }) => jobId);
  return new Map(
    [...byJob].map(([jobId, waves]) => [
      jobId,
      {
        hosts: waves.reduce((sum, { hosts }) => sum + hosts, 0),
        waves: waves.map(({ hosts }) => hosts),
        environments: [...new Set(waves.flatMap(({ environments }) => environments))].sort(),
      },
    ]),
  );
}
