import { createHash } from 'node:crypto';
import { deleteSeen, takeSeen } from '../../../db/queries/slack-wire.ts';
import type { Context } from '../context.ts';

/** Slack tries a delivery again for an hour; a signature is refused by its age after five minutes. */
const KEPT_MS = 86_400_000;

/** Whether a request with this signature comes for the first time. Only for signatures that have been verified. */
export function takeSignature(ctx: Context, signature: string): Promise<boolean> {
  return takeSeen(ctx.db, `signature:${sha256(signature)}`, ctx.clock.now());
}

/** Whether this click, command or event comes for the first time: Slack may deliver one twice. */
export function takeDelivery(ctx: Context, identity: string): Promise<boolean> {
  return takeSeen(ctx.db, `delivery:${sha256(identity)}`, ctx.clock.now());
}

/** For the clock. */
export async function forgetSeen(ctx: Context): Promise<void> {
  await deleteSeen(ctx.db, ctx.clock.now() - KEPT_MS);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
