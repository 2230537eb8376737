import type { ApprovalState } from '../../../server/domain/approval.ts';
import { impliedRoles } from '../../../server/domain/permission.ts';
import type { Grant, SubjectKind } from '../../../server/domain/permission.ts';
import type { ApprovalView } from '../../../server/domain/views.ts';
import type { Mark } from '../../theme/states.ts';

/** How a request is marked and called. */
export const approvalStates = {
  pending: { mark: 'waiting', word: 'Waits for approval' },
  approved: { mark: 'ok', word: 'Approved' },
  rejected: { mark: 'failed', word: 'Rejected' },
  cancelled: { mark: 'held', word: 'Cancelled' },
  expired: { mark: 'unknown', word: 'Expired' },
  superseded: { mark: 'recalled', word: 'Superseded' },
} as const satisfies Record<ApprovalState, { mark: Mark; word: string }>;

export type Verdict = 'approve' | 'reject' | 'cancel';

/** A button of a request: it is always there, with the reason when it would not count. */
export interface ApprovalAction {
  readonly verdict: Verdict;
  readonly label: string;
  readonly tone: 'plain' | 'primary' | 'danger';
  /** Why a click would not count, in the server's order of questions; null: it would. Rule: section 11. */
  readonly refusal: string | null;
}

/** What somebody sees on a request; the server judges again at the click. `name`: theirs, `grants`: those given to them. */
export function approvalActions(
  approval: ApprovalView,
  me: { readonly name: string; readonly kind: SubjectKind; readonly grants: readonly Grant[] },
): ApprovalAction[] {
  const theirs = impliedRoles(me.grants.map(({ role }) => role));
  const over = approval.state === 'pending' ? null : endedSentence(approval);
  const eligible = me.kind === 'person' && approval.roles.some((role) => theirs.has(role));
  const notEligible = eligible ? null : `Only a person who is ${approval.roles.join(' or ')} may decide this request.`;
  const own =
    me.name === approval.requester && !approval.allowSelf
      ? 'This is your own request: somebody else has to approve it.'
      : null;
  const twice = approval.approvedBy.includes(me.name) ? 'You have approved it already: another person has to.' : null;
  const mayCancel = me.name === approval.requester || theirs.has('operator');
  return [
    { verdict: 'approve', label: 'Approve', tone: 'primary', refusal: over ?? notEligible ?? own ?? twice },
    { verdict: 'reject', label: 'Reject', tone: 'danger', refusal: over ?? notEligible },
    {
      verdict: 'cancel',
      label: 'Cancel request',
      tone: 'plain',
      refusal: over ?? (mayCancel ? null : `Only ${approval.requester} or an operator may cancel it.`),
    },
  ];
}

export function endedSentence({ state, endedBy }: Pick<ApprovalView, 'state' | 'endedBy'>): string {
  return `The request is ${state} already${endedBy ? ` (${endedBy})` : ''}.`;
}

/** Why break-glass cannot be used yet. Rule: section 11 (Break-glass). */
export const GLASS_REASON_MISSING = 'State the reason: everybody will read it.';
