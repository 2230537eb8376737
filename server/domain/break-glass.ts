import type { StandingCode } from './approved-plan.ts';
import type { DeployCode } from './deploy.ts';
import { mayDo, type PermissionCode, type Subject, type Target } from './permission.ts';
import { allowed, refused, type Decision, type Reason } from './reason.ts';
import type { StartRefusalCode } from './start-refusal.ts';
import { instantText } from './wording.ts';

export const BREAK_GLASS_MS = 3_600_000;

/** For one exact plan, once. Instants in epoch milliseconds. */
export interface BreakGlass {
  readonly by: string;
  readonly reason: string;
  readonly planHash: string;
  readonly openedAt: number;
  readonly usedAt: number | null;
}

export type Obstacle = DeployCode | StartRefusalCode | StandingCode | 'digest_mismatch' | 'signature_invalid';

/** What break-glass passes: hold, approval, window, required; nothing else, least of all recall, digest or signature. Rule: section 11. */
const PASSES = {
  held: true,
  approval_pending: true,
  approval_rejected: true,
  approval_cancelled: true,
  approval_expired: true,
  approval_superseded: true,
  window_closed: true,
  required_first: true,
  required_failed: true,
  rollback_blocked: true,
  after_job: false,
  path_broken: false,
  recalled: false,
  digest_mismatch: false,
  signature_invalid: false,
  demoted: false,
  not_visible: false,
  not_downloaded: false,
} as const satisfies Record<Obstacle, boolean>;

/** Whether somebody may break the glass at all. Rule: section 11. */
export function decideOpening(
  subject: Subject,
  target: Target,
  reason: string,
): Decision<PermissionCode | 'reason_missing'> {
  const permission = mayDo(subject, 'break_glass.use', target);
  if (!permission.allowed || reason.trim() !== '') return permission;
  return refused('reason_missing', 'Break-glass refused: it needs a reason, which everybody will read. State one.');
}

export type BreakGlassCode = 'break_glass_used' | 'break_glass_expired' | 'break_glass_other_plan';

/** Whether the glass that was broken opens the way for this plan at `now`: one plan, one use, one hour. Rule: section 11. */
export function decideUse(glass: BreakGlass, planHash: string, now: number): Decision<BreakGlassCode> {
  const expiresAt = glass.openedAt + BREAK_GLASS_MS;
  if (glass.planHash !== planHash) return stop('break_glass_other_plan', `${glass.by} opened it for another plan`);
  if (glass.usedAt !== null) return stop('break_glass_used', `it was used at ${instantText(glass.usedAt)}`);
  if (now >= expiresAt) return stop('break_glass_expired', `it ended at ${instantText(expiresAt)}`);
  return allowed();
}

/** The obstacles that stay when the glass is broken. Rule: section 11. */
export function obstaclesLeft<Code extends Obstacle>(obstacles: readonly Reason<Code>[]): Reason<Code>[] {
  return obstacles.filter(({ code }) => !PASSES[code]);
}

function stop(code: BreakGlassCode, why: string) {
  return refused(code, `Break-glass refused: ${why}. An admin may open it again for this plan.`);
}
