import type { ApprovalPolicy } from './approval-policy.ts';
import { impliedRoles, type Role, type SubjectKind } from './permission.ts';
import type { Reason } from './reason.ts';
import { instantText, listed } from './wording.ts';

export type EndState = 'approved' | 'rejected' | 'cancelled' | 'expired' | 'superseded';
export type ApprovalState = 'pending' | EndState;

export type ClickCode =
  'recorded' | 'web_only' | 'not_eligible' | 'own_request' | 'already_approved_by_you' | `already_${EndState}`;

/** What somebody answered. `at`: epoch milliseconds; `roles`: theirs at the click. */
export interface Click {
  /** Tells people apart, also those of one name. */
  readonly by: string;
  /** As others read it; absent: `by`. */
  readonly name?: string | undefined;
  readonly kind?: SubjectKind | undefined;
  readonly roles: readonly Role[];
  readonly verdict: 'approve' | 'reject' | 'cancel';
  readonly at: number;
  /** Where it was made; absent: in the console, or it has counted already. */
  readonly via?: 'slack' | 'web' | undefined;
}

export interface ApprovalRequest {
  readonly policy: ApprovalPolicy;
  /** As in `Click.by`. */
  readonly requester: string;
  readonly requesterName?: string | undefined;
  readonly requestedAt: number;
  readonly decisions: readonly Click[];
  /** Environments of the plan, by name, that are decided in the console only: chat cannot ask for a second factor. */
  readonly webOnly?: readonly string[] | undefined;
  /** Set once the plan can no longer run as asked for (approved-plan.ts says why). */
  readonly superseded?: { readonly at: number; readonly reason: Reason } | null | undefined;
  /** Set once the approved plan has not started in time (`startBy` in approved-plan.ts), epoch milliseconds. */
  readonly lapsedAt?: number | null | undefined;
}

export interface ApprovalOutcome {
  readonly state: ApprovalState;
  /** Name of who made the decision that ended it; null where no decision did. */
  readonly endedBy: string | null;
  readonly endedAt: number | null;
  /** Distinct people whose approve was recorded, in order of time. */
  readonly approvedBy: readonly string[];
  readonly expiresAt: number;
  /** `results[i]` answers `decisions[i]`. */
  readonly results: readonly Reason<ClickCode>[];
}

type Standing = Pick<ApprovalOutcome, 'state' | 'endedBy' | 'endedAt' | 'approvedBy'>;
type Ended = Standing & { readonly state: EndState };
type Step = { readonly standing: Standing; readonly result: Reason<ClickCode> };

/** The state of a request at `now` and the answer to every click. Rule: section 11. */
export function judgeApproval(request: ApprovalRequest, now: number): ApprovalOutcome {
  const results: Reason<ClickCode>[] = [];
  let standing: Standing = { state: 'pending', endedBy: null, endedAt: null, approvedBy: [] };
  const inOrderOfTime = [...request.decisions.entries()].sort(([, a], [, b]) => a.at - b.at);
  for (const [index, click] of inOrderOfTime) {
    const step = take(request, atInstant(request, standing, click.at), click);
    standing = step.standing;
    results[index] = step.result;
  }
  return { ...atInstant(request, standing, now), expiresAt: expiresAt(request), results };
}

/** Epoch milliseconds from which on an undecided request is expired. Rule: section 11. */
export function expiresAt({ requestedAt, policy }: Pick<ApprovalRequest, 'requestedAt' | 'policy'>): number {
  return requestedAt + policy.expiresAfterMs;
}

/** What time and a changed plan have made of it by `now`; the earlier of the two wins. */
function atInstant(request: ApprovalRequest, standing: Standing, now: number): Standing {
  const expiry = expiresAt(request);
  const supersededAt = request.superseded?.at ?? Infinity;
  if (standing.state === 'pending' && expiry <= now && expiry <= supersededAt) {
    return { ...standing, state: 'expired', endedAt: expiry };
  }
  if (standing.state === 'approved' && typeof request.lapsedAt === 'number' && request.lapsedAt <= now) {
    return { ...standing, state: 'expired', endedBy: null, endedAt: request.lapsedAt };
  }
  if ((standing.state === 'pending' || standing.state === 'approved') && supersededAt <= now) {
    return { ...standing, state: 'superseded', endedBy: null, endedAt: supersededAt };
  }
  return standing;
}

/** One click on a request as it stands. The order of the questions is the rule: section 11. */
function take(request: ApprovalRequest, standing: Standing, click: Click): Step {
  const answer = (result: Reason<ClickCode>): Step => ({ standing, result });
  if (hasEnded(standing)) return answer(already(request, standing));
  if (click.via === 'slack' && request.webOnly?.length) return answer(webOnly(request.webOnly, click));
  if (click.verdict === 'cancel') {
    return mayCancel(request, click) ? end(standing, click, 'cancelled') : answer(notEligible(request, click));
  }
  if (!isEligible(request, click)) return answer(notEligible(request, click));
  if (click.verdict === 'reject') return end(standing, click, 'rejected');
  if (click.by === request.requester && !request.policy.allowSelf) return answer(OWN_REQUEST);
  if (standing.approvedBy.includes(click.by)) return answer(ALREADY_BY_YOU);
  return approve(request, standing, click);
}

function hasEnded(standing: Standing): standing is Ended {
  return standing.state !== 'pending';
}

function mayCancel({ requester }: ApprovalRequest, { by, roles }: Click): boolean {
  return by === requester || impliedRoles(roles).has('operator');
}

/** Tokens and bots never approve, so they have no say in it at all. */
function isEligible({ policy }: ApprovalRequest, { kind = 'person', roles }: Click): boolean {
  const theirs = impliedRoles(roles);
  return kind === 'person' && policy.roles.some((role) => theirs.has(role));
}

function end(standing: Standing, click: Click, state: EndState): Step {
  return {
    standing: { ...standing, state, endedBy: click.name ?? click.by, endedAt: click.at },
    result: recorded(state),
  };
}

function approve({ policy }: ApprovalRequest, standing: Standing, click: Click): Step {
  const approvedBy = [...standing.approvedBy, click.by];
  if (approvedBy.length >= policy.required) return end({ ...standing, approvedBy }, click, 'approved');
  const missing = policy.required - approvedBy.length;
  const sentence = `Your approve is recorded: ${approvedBy.length} of ${policy.required}, ${missing} more needed.`;
  return { standing: { ...standing, approvedBy }, result: { code: 'recorded', sentence, missing } };
}

function recorded(state: EndState): Reason<'recorded'> {
  return { code: 'recorded', sentence: `Recorded: the request is ${state}.`, state };
}

function webOnly(environments: readonly string[], { verdict }: Click): Reason<'web_only'> {
  const sentence = `Not counted: ${listed(environments)} ${environments.length === 1 ? 'is' : 'are'} decided in the console only, where you sign in. ${ASK[verdict]} it there.`;
  return { code: 'web_only', sentence, environments };
}

const ASK = { approve: 'Approve', reject: 'Reject', cancel: 'Cancel' } as const satisfies Record<
  Click['verdict'],
  string
>;

function notEligible(request: ApprovalRequest, { verdict }: Click): Reason<'not_eligible'> {
  const { policy, requesterName: requester = request.requester } = request;
  const who = verdict === 'cancel' ? `${requester} or an operator` : `a person who is ${policy.roles.join(' or ')}`;
  const sentence = `Not counted: only ${who} may ${verdict} this request. Ask one of them.`;
  return { code: 'not_eligible', sentence, requester, roles: policy.roles };
}

const OWN_REQUEST: Reason<'own_request'> = {
  code: 'own_request',
  sentence: 'Not counted: this is your own request, somebody else has to approve it.',
};

const ALREADY_BY_YOU: Reason<'already_approved_by_you'> = {
  code: 'already_approved_by_you',
  sentence: 'Not counted twice: you have approved this request already, another person has to.',
};

function already({ superseded }: ApprovalRequest, { state, endedBy, endedAt }: Ended): Reason<ClickCode> {
  const by = endedBy === null ? '' : ` by ${endedBy}`;
  const at = endedAt === null ? '' : ` at ${instantText(endedAt)}`;
  const why = state === 'superseded' && superseded ? ` ${superseded.reason.sentence}` : '';
  const sentence = `Nothing changed: the request was already ${state}${by}${at}.${why}`;
  return { code: `already_${state}`, sentence, endedBy, endedAt };
}
