import { setLive, setReported, setUnreachable, touchHost, type Reported } from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Context } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record } from '../log/record.ts';

/** The host answered. Only news reaches the log: ten thousand hosts that are fine say nothing. */
export async function noteLive(ctx: Context, hostId: number): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    if (await setLive(tx, hostId, now)) await record(tx, { now, actor: signalboxActor.name }, 'host.live', [hostId]);
  });
}

/** The host should answer and does not. */
export async function noteUnreachable(ctx: Context, hostId: number, problem: Reason): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    if (!(await setUnreachable(tx, hostId, problem, now))) return;
    await record(tx, { now, actor: signalboxActor.name }, 'host.unreachable', [hostId], { code: problem.code });
  });
}

/** What the host says it runs for one product; null = nothing. */
export async function noteReported(
  ctx: Context,
  hostId: number,
  productId: number,
  reported: Reported | null,
): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    if (!(await setReported(tx, hostId, productId, reported, now))) return;
    await touchHost(tx, hostId);
    await record(tx, { now, actor: signalboxActor.name }, 'host.reported', [hostId], {
      version: reported?.version ?? null,
    });
  });
}
