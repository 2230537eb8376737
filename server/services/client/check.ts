import { channelById } from '../../../db/queries/catalog.ts';
import { lockClient, type ClientPlace } from '../../../db/queries/clients.ts';
import type { CheckedBy } from '../../../db/schema/client.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Channel } from '../../domain/channel.ts';
import type { Context, Transaction } from '../context.ts';
import { clientTarget } from '../targets.ts';
import { signalboxActor, verb } from '../verb.ts';
import { noteFailedCheck, takeOver, type CheckOutcome } from './take-over.ts';

/** Check now: what the client would make of its channel at this moment. Rule: section 4 (what `check` does). */
export const checkNow = verb(
  'client.check',
  async (ctx, actor, { id }: { id: number }) => {
    const outcome = await checkClient(ctx, id, 'person', actor.name);
    if (!outcome) throw noClient(id);
    return outcome;
  },
  (ctx, { id }) => clientTarget(ctx, id),
);

/** A check by the schedule. One that breaks changes nothing but what is shown of it. */
export async function checkOnSchedule(ctx: Context, id: number): Promise<void> {
  try {
    await checkClient(ctx, id, 'schedule', signalboxActor.name);
  } catch (error) {
    ctx.log.error({ err: error, client: id }, 'client check: broken; the next one tries again');
    const sentence =
      'The check broke; nothing was changed. The next one tries again, the log of the server has the reason.';
    await transact(ctx, async (tx) => {
      const place = await lockClient(tx, id);
      const occasion = { now: ctx.clock.now(), actor: signalboxActor.name };
      if (place) await noteFailedCheck(tx, occasion, place, { code: 'check_broke', sentence });
    });
  }
}

async function checkClient(ctx: Context, id: number, by: CheckedBy, actor: string): Promise<CheckOutcome | null> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const place = await lockClient(tx, id);
    if (!place) return null;
    // A client that began to call by itself since the message was sent knows better what it has.
    if (by === 'schedule' && place.row.seenAt !== null) return null;
    const channel = await channelOf(tx, place);
    return takeOver(tx, { now, actor }, place, { by, answer: channel, channel, tag: null });
  });
}

/** The channel that the client follows, as it is now. */
export async function channelOf(tx: Transaction, { channel, product }: ClientPlace): Promise<Channel> {
  return (await channelById(tx, channel.id)) ?? { versioning: product.versioning, entries: [] };
}

export function noClient(id: number): Refusal {
  return new Refusal('not_found', `There is no client ${id}. List them with GET /api/v1/clients.`);
}
