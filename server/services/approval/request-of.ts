import type { ApprovalRow, DecisionRow } from '../../../db/queries/approvals.ts';
import type { ApprovalRequest, Click } from '../../domain/approval.ts';

/** Tells people apart for good; names are for reading. */
export function personKey(id: number): string {
  return `person ${id}`;
}

/** The request as the domain judges it. `counted`: the clicks that had an effect, in the order in which they were taken. */
export function requestOf(row: ApprovalRow, counted: readonly DecisionRow[]): ApprovalRequest {
  const clicks = counted.map(({ personId, by, roles, verdict, at }): Click => ({
    by: personKey(personId),
    name: by,
    roles,
    verdict,
    at,
  }));
  return {
    policy: row.policy,
    requester: row.requesterId === null ? row.requester : personKey(row.requesterId),
    requesterName: row.requester,
    requestedAt: row.requestedAt,
    decisions: [...clicks, ...cancelOfJob(row, clicks)],
    superseded: row.superseded && row.endedAt !== null ? { at: row.endedAt, reason: row.superseded } : null,
    lapsedAt: row.state === 'expired' ? row.endedAt : null,
  };
}

/** Whoever cancels the job cancels its request, without a click on it; a token may. */
function cancelOfJob({ state, endedBy, endedAt }: ApprovalRow, clicks: readonly Click[]): Click[] {
  if (state !== 'cancelled' || endedBy === null || endedAt === null) return [];
  if (clicks.some(({ verdict }) => verdict === 'cancel')) return [];
  return [{ by: endedBy, kind: 'system', roles: ['operator'], verdict: 'cancel', at: endedAt }];
}
