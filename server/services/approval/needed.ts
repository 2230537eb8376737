import { approvalRules, type touchedOn } from '../../../db/queries/approvals.ts';
import type { Reader } from '../../../db/connect.ts';
import { approvalRuleFor, type ApprovalRule } from '../../domain/approval-policy.ts';
import type { Action } from '../../domain/permission.ts';
import type { JobKind } from '../../domain/views.ts';

/** What somebody does who asks for such a job. */
export const ACTION_OF = {
  download: 'release.download',
  install: 'job.install',
  rollback: 'release.rollback',
  'roll-off': 'job.install',
} as const satisfies Record<JobKind, Action>;

export type Touched = Awaited<ReturnType<typeof touchedOn>>;

/** The rule under which a plan on these environments needs approval; null: it needs none. Rule: section 11. */
export async function approvalNeeded(reader: Reader, kind: JobKind, touched: Touched): Promise<ApprovalRule | null> {
  const [first] = touched;
  if (!first) return null;
  return approvalRuleFor(await approvalRules(reader), {
    action: ACTION_OF[kind],
    product: first.product,
    channels: [...new Set(touched.flatMap(({ channel }) => channel ?? []))],
    environments: touched.map(({ labels }) => labels),
  });
}

/** The rule as whoever asks gets to see it before. */
export function approvalOf({ name: rule, required, roles, allowSelf, expiresAfterMs, startWithinMs }: ApprovalRule) {
  return { rule, required, roles, allowSelf, expiresAfterMs, startWithinMs };
}
