/** Row → view of what steers jobs: holds, incidents, approvals. The same form as views.ts. */
import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { ApprovalView, HoldView, IncidentView, RuleView } from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import { approval, approvalRule, hold, incident, job, release } from '../schema/index.ts';
import { chosen, type Which } from './views.ts';

export async function holdViews(reader: Reader, which: Which): Promise<HoldView[]> {
  const { where, orderBy, limit } = chosen(hold.id, which);
  const rows = await reader
    .select()
    .from(hold)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(
    ({ product, channel, environment, host, barVersion, barSequence: _, liftOnNewer, ...row }): HoldView => ({
      ...row,
      scope: {
        ...(product === null ? {} : { product }),
        ...(channel === null ? {} : { channel }),
        ...(environment === null ? {} : { environment }),
        ...(host === null ? {} : { host }),
      },
      bar: barVersion === null ? null : { version: barVersion, liftOnNewer },
    }),
  );
}

/** Holds that nobody has released; whether one is in force at an instant is the domain's to say. */
export const unreleasedHolds: Which = { where: isNull(hold.releasedAt) };

export async function incidentViews(reader: Reader, which: Which): Promise<IncidentView[]> {
  const { where, orderBy, limit } = chosen(incident.id, which);
  const rows = await reader
    .select({ incident, version: release.version })
    .from(incident)
    .innerJoin(job, eq(job.id, incident.jobId))
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ incident: row, version }) => ({ ...row, version }));
}

/** The incident of a job, if it has one. */
export function incidentOf(jobId: number): Which {
  return { where: eq(incident.jobId, jobId) };
}

/** The approval of a job, if it needed one. */
export function approvalOf(jobId: number): Which {
  return { where: eq(approval.jobId, jobId) };
}

export const unresolvedIncidents: Which = { where: isNull(incident.resolvedAt) };

export async function approvalViews(reader: Reader, which: Which): Promise<ApprovalView[]> {
  const { where, orderBy, limit } = chosen(approval.id, which);
  const rows = await reader
    .select({
      approval,
      productId: job.productId,
      windowOverride: job.windowOverride,
      version: release.version,
      approvedBy: sql<string[]>`(
        select coalesce(jsonb_agg(d.by order by d.id), '[]') from approval_decision d
        where d.approval_id = approval.id and d.verdict = 'approve' and d.result->>'code' = 'recorded')`,
      rejectReason: sql<string | null>`(
        select d.reason from approval_decision d
        where d.approval_id = approval.id and d.verdict <> 'approve' and d.result->>'code' = 'recorded' limit 1)`,
      brokenGlassBy: sql<string | null>`(
        select g.by from break_glass g where g.job_id = approval.job_id order by g.id desc limit 1)`,
    })
    .from(approval)
    .innerJoin(job, eq(job.id, approval.jobId))
    .innerJoin(release, eq(release.id, job.releaseId))
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ approval: row, rejectReason, ...joined }) => ({
    ...joined,
    id: row.id,
    revision: row.revision,
    jobId: row.jobId,
    rule: row.rule,
    required: row.policy.required,
    roles: [...row.policy.roles],
    allowSelf: row.policy.allowSelf,
    state: row.state,
    requester: row.requester,
    requestedAt: row.requestedAt,
    expiresAt: row.expiresAt,
    endedBy: row.endedBy,
    endedAt: row.endedAt,
    endReason: rejectReason ?? row.superseded?.sentence ?? null,
    planHash: row.planHash.slice(0, 12),
    window: row.windowFrom === null ? null : { from: row.windowFrom, until: row.windowEnd },
  }));
}

export async function ruleViews(reader: Reader, which: Which): Promise<RuleView[]> {
  const { where, orderBy, limit } = chosen(approvalRule.id, which);
  const rows = await reader
    .select({
      id: approvalRule.id,
      revision: approvalRule.revision,
      managedBy: approvalRule.managedBy,
      rule: approvalRule.rule,
    })
    .from(approvalRule)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return rows.map(({ rule, ...row }) => ({ ...rule, ...row }));
}

/** Approvals that screens show live: those that wait, and those whose plan has not started yet. */
export const openApprovals: Which = {
  where: or(eq(approval.state, 'pending'), and(eq(approval.state, 'approved'), isNull(job.startedAt))),
};
