import { hasLabel } from './filters.ts';
import type { Action, Role } from './permission.ts';

/** What a matching rule asks for. */
export interface ApprovalPolicy {
  /** Distinct approvers, at least 1. */
  readonly required: number;
  readonly roles: readonly Role[];
  /** The requester's own approve counts. */
  readonly allowSelf: boolean;
  /** Milliseconds from the request to its expiry. */
  readonly expiresAfterMs: number;
}

/** Rule: section 11 (defaults). */
export const DEFAULT_ALLOW_SELF = false;
export const DEFAULT_EXPIRES_AFTER_MS = 8 * 3_600_000;
export const DEFAULT_START_WITHIN_MS = 3_600_000;

export interface ApprovalRule extends ApprovalPolicy {
  readonly name: string;
  readonly match: ApprovalMatch;
  /** Milliseconds from the approval within which the plan starts. */
  readonly startWithinMs: number;
}

/** What is left out matches everything. A label matches as in an entity filter: the key, and one of the values if some are named. */
export interface ApprovalMatch {
  readonly actions?: readonly Action[] | undefined;
  readonly products?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly environmentLabels?: readonly { readonly key: string; readonly values?: readonly string[] | undefined }[];
}

/** What somebody asks to do. */
export interface PlannedAction {
  readonly action: Action;
  readonly product: string;
  readonly channels: readonly string[];
  /** Labels of each environment that the plan touches. */
  readonly environments: readonly Readonly<Record<string, string>>[];
}

/**
 * The rule under which the plan needs approval, or null when it needs none. Of several the strictest: most approvers, then
 * no self-approval, then the earliest expiry, then the first. A plan is asked for as a whole, so one environment is enough to match.
 * Rule: section 11.
 */
export function approvalRuleFor(rules: readonly ApprovalRule[], plan: PlannedAction): ApprovalRule | null {
  return rules.filter(({ match }) => matches(match, plan)).toSorted(byStrictness)[0] ?? null;
}

/** Rule: section 11. */
export function matches(match: ApprovalMatch, plan: PlannedAction): boolean {
  return (
    (match.actions?.includes(plan.action) ?? true) &&
    (match.products?.includes(plan.product) ?? true) &&
    (match.channels?.some((channel) => plan.channels.includes(channel)) ?? true) &&
    (match.environmentLabels === undefined || plan.environments.some((labels) => hasAll(labels, match)))
  );
}

function hasAll(labels: Readonly<Record<string, string>>, { environmentLabels = [] }: ApprovalMatch): boolean {
  return environmentLabels.every(({ key, values }) => hasLabel(labels, key, values));
}

function byStrictness(a: ApprovalPolicy, b: ApprovalPolicy): number {
  return b.required - a.required || Number(a.allowSelf) - Number(b.allowSelf) || a.expiresAfterMs - b.expiresAfterMs;
}
