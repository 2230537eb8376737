import { channelsOf, lockEntry, rolloutsOf, type EntryRow } from '../../../db/queries/channel-entries.ts';
import { lockRelease, updateRelease } from '../../../db/queries/releases.ts';
import { releaseViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { ReleaseView } from '../../domain/views.ts';
import { listed } from '../../domain/wording.ts';
import type { Context, Transaction } from '../context.ts';
import { record } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import type { Actor } from '../verb.ts';

interface EntryInput {
  id: number;
  channel: string;
  reason: string;
}

/** Changes one entry of a release under its locks, says so, and has every job in flight of the release looked at again. */
export async function changeEntry(
  ctx: Context,
  actor: Actor,
  { id, channel, reason }: EntryInput,
  kind: 'release.demoted' | 'release.undemoted',
  change: (tx: Transaction, entry: EntryRow, now: number) => Promise<void>,
): Promise<ReleaseView> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const release = await lockRelease(tx, id);
    if (!release) throw new Refusal('not_found', `There is no release ${id}. List them with GET /api/v1/releases.`);
    const entry = await lockEntry(tx, id, channel);
    if (!entry) throw await notOnChannel(tx, id, channel);
    await change(tx, entry, now);
    await updateRelease(tx, id, {});
    await record(tx, { now, actor: actor.name }, kind, [id], { channel, reason });
    await wakePipeline(ctx, tx, release.productId);
    for (const jobId of await rolloutsOf(tx, id)) await ctx.enqueue(tx, 'job.advance', { jobId });
    return (await releaseViews(tx, [id]))[0] as ReleaseView;
  });
}

export async function notOnChannel(reader: Reader, id: number, channel: string): Promise<Refusal> {
  const known = await channelsOf(reader, id);
  const where = known.length === 0 ? 'It is on none.' : `It is on ${listed(known)}.`;
  return new Refusal('not_found', `Release ${id} has no entry on channel ${channel}. ${where}`);
}
