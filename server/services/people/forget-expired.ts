import { deleteExpiredAccess } from '../../../db/queries/people.ts';
import type { Context } from '../context.ts';

const KEPT_MS = 7 * 86_400_000;

/** For the clock: deletes sessions, links and counts of attempts a week after they ran out. */
export async function forgetExpiredAccess(ctx: Context): Promise<void> {
  await deleteExpiredAccess(ctx.db, ctx.clock.now() - KEPT_MS);
}
