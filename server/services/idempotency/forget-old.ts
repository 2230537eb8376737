import { deleteAnswers } from '../../../db/queries/idempotency.ts';
import type { Context } from '../context.ts';

const KEPT_MS = 24 * 3_600_000;

/** For the clock: after a day a repeated key is a new request. Returns how many answers were deleted. */
export function forgetOldAnswers(ctx: Context): Promise<number> {
  return deleteAnswers(ctx.db, ctx.clock.now() - KEPT_MS);
}
