import type { ApprovalView, JobView } from '../../server/domain/views.ts';
import { when } from './blocks.ts';
import { inline } from './escape.ts';

/** Why a plan passes closed maintenance windows; null: it does not. It stands wherever the plan is. Rule: section 8. */
export function overrideLine({ windowOverride = null }: Pick<JobView, 'windowOverride'>): string | null {
  return windowOverride === null ? null : `△ *Passes closed maintenance windows*: ${inline(windowOverride, 300)}`;
}

/** The window that the plan waits for, which an approval is for; null: none. Rules: sections 8 and 11. */
export function windowLine({ window = null }: Pick<ApprovalView, 'window'>): string | null {
  if (!window) return null;
  const until = window.until === null ? '' : ` to ${when(window.until)}`;
  return `◷ *Maintenance window*: ${when(window.from)}${until}. It starts then, not before.`;
}
