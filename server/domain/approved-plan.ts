import { DEFAULT_START_WITHIN_MS } from './approval-policy.ts';
import type { ApprovalOutcome } from './approval.ts';
import { allowed, refused, type Decision, type Fact, type Reason, type Refused } from './reason.ts';
import { instantText } from './wording.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Everything that an approval binds. Host order is part of it: it decides who is in which wave. Rule: section 11. */
export interface ExactPlan {
  readonly releaseDigest: string;
  readonly hosts: readonly string[];
  readonly waves: Json;
  readonly policy: Json;
  readonly variables: Json;
}

/** The text whose hash is the plan's: the same plan gives the same text, whatever the order of its keys. Rule: section 11. */
export function canonicalPlan({ releaseDigest, hosts, waves, policy, variables }: ExactPlan): string {
  return canonical({ releaseDigest, hosts, waves, policy, variables });
}

function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

/** `Array.isArray` does not narrow a readonly list away from an object. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export type SupersedeCode =
  | 'recalled'
  | 'demoted'
  | 'release_changed'
  | 'hosts_changed'
  | 'waves_changed'
  | 'policy_changed'
  | 'variables_changed';

/** What the plan would be if it were made now. */
export interface PlanNow {
  readonly plan: ExactPlan;
  readonly recalled: boolean;
  readonly demoted: boolean;
}

const PARTS = [
  ['releaseDigest', 'release_changed', 'the release is another artifact'],
  ['hosts', 'hosts_changed', 'the hosts are others'],
  ['waves', 'waves_changed', 'the waves are others'],
  ['policy', 'policy_changed', 'the policy is another'],
  ['variables', 'variables_changed', 'the variables are others'],
] as const satisfies readonly (readonly [keyof ExactPlan, SupersedeCode, string])[];

/** Why the plan can no longer run as it was approved, or null when it still can. Rule: section 11. */
export function supersededBy(approved: ExactPlan, { plan, recalled, demoted }: PlanNow): Reason<SupersedeCode> | null {
  if (recalled) return superseded('recalled', 'the release is recalled');
  if (demoted) return superseded('demoted', 'the release is demoted');
  const part = PARTS.find(([field]) => canonical(approved[field]) !== canonical(plan[field]));
  return part ? superseded(part[1], part[2]) : null;
}

function superseded(code: SupersedeCode, why: string): Reason<SupersedeCode> {
  return {
    code,
    sentence: `The plan can no longer run as approved: ${why}. Ask for approval of the plan as it is now.`,
  };
}

export type StandingCode =
  'approval_pending' | 'approval_rejected' | 'approval_cancelled' | 'approval_expired' | 'approval_superseded';

/** How long an approval lets its plan wait for its start. */
export interface StartLimit {
  /** Milliseconds from the approval; absent: an hour. */
  readonly startWithinMs?: number | undefined;
  /** Epoch milliseconds: end of the window named on the card, which then replaces `startWithinMs`. */
  readonly windowEnd?: number | null | undefined;
  /** Epoch milliseconds before which the plan could not start, approved or not: an earlier job of its path ran. */
  readonly notBefore?: number | null | undefined;
}

/** Epoch milliseconds from which on an approved plan that has not started is expired. Rule: section 11. */
export function startBy(
  approvedAt: number,
  { startWithinMs = DEFAULT_START_WITHIN_MS, windowEnd, notBefore }: StartLimit,
): number {
  return windowEnd ?? Math.max(approvedAt, notBefore ?? approvedAt) + startWithinMs;
}

/** The facts at the start: the hash that was approved, the hash of the plan that wants to start. */
export interface StartFacts extends StartLimit {
  readonly approvedHash: string;
  readonly planHash: string;
}

/** Whether a plan may start under this approval at `now`. Rule: sections 10 and 11. */
export function decideStart(outcome: ApprovalOutcome, facts: StartFacts, now: number): Decision<StandingCode> {
  switch (outcome.state) {
    case 'pending':
      return stop('approval_pending', 'it waits for approval', outcome, { until: outcome.expiresAt });
    case 'rejected':
    case 'cancelled':
    case 'expired':
    case 'superseded':
      return stop(`approval_${outcome.state}`, `its request was ${outcome.state}`, outcome);
    case 'approved':
      return decideApproved(outcome, facts, now);
  }
}

function decideApproved(outcome: ApprovalOutcome, facts: StartFacts, now: number): Decision<StandingCode> {
  if (facts.planHash !== facts.approvedHash) {
    return stop('approval_superseded', 'another plan than this one was approved', outcome);
  }
  const limit = startBy(outcome.endedAt ?? now, facts);
  if (now < limit) return allowed();
  return stop('approval_expired', `it had to start before ${instantText(limit)}`, outcome);
}

function stop(
  code: StandingCode,
  why: string,
  { endedBy, endedAt }: ApprovalOutcome,
  more: Readonly<Record<string, Fact | undefined>> & { readonly until?: number } = {},
): Refused<StandingCode> {
  const by = endedBy === null ? '' : ` (${endedBy})`;
  const next = code === 'approval_pending' ? '' : ' Ask for approval again.';
  return refused(code, `The plan does not start: ${why}${by}.${next}`, { ...more, endedBy, endedAt });
}
