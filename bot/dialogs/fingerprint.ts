import { createHash } from 'node:crypto';

/** Two plans with the same fingerprint are the same to whoever confirms them. */
export function fingerprint(plan: unknown): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('base64url');
}

/** Said when the plan is no longer the one that was shown. */
export const CHANGED = 'This is not the plan that you saw: look at it once more, then confirm it.';
