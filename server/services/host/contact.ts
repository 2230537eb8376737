import {
  endLook,
  isUntaken,
  setLive,
  setReported,
  setUnreachable,
  touchHost,
  type Reported,
} from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import type { HealthState } from '../../domain/observation.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { takeInLook } from '../health/look.ts';
import { record, type Occasion } from '../log/record.ts';
import type { Look } from './take-due.ts';

const occasionNow = (ctx: Context): Occasion => ({ now: ctx.clock.now(), actor: signalboxActor.name });

/** The host answered. Only news reaches the log: ten thousand hosts that are fine say nothing. */
export async function noteLive(ctx: Context, hostId: number): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeLive(tx, occasion, hostId));
}

/** The host answered, and said what it runs for one product. */
export async function noteAnswer(
  ctx: Context,
  hostId: number,
  productId: number,
  reported: Reported | null,
): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, async (tx) => {
    await storeLive(tx, occasion, hostId);
    await storeReported(tx, occasion, hostId, productId, reported);
  });
}

/** The host should answer and does not. */
export async function noteUnreachable(ctx: Context, hostId: number, problem: Reason): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeUnreachable(tx, occasion, hostId, problem));
}

/** What the host says it runs for one product; null = nothing. */
export async function noteReported(
  ctx: Context,
  hostId: number,
  productId: number,
  reported: Reported | null,
): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeReported(tx, occasion, hostId, productId, reported));
}

/** One product on a host that answers. `health`: what its health command says; null: nobody asked it. */
export interface Run {
  productId: number;
  reported: Reported | null;
  health: HealthState | null;
}

/** What a look at a host has found: what it runs for each product, or why it does not answer. */
export type Seen = { runs: Run[] } | { problem: Reason };

/**
 * Stores what a look has found and when the host is due again. A task that has taken the host since then knows better:
 * then nothing of it is stored.
 */
export async function noteLook(ctx: Context, look: Look, seen: Seen): Promise<void> {
  const occasion = occasionNow(ctx);
  const { host, leasedUntil, nextAt } = look;
  const counts = await transact(ctx, async (tx) => {
    await endLook(tx, host.id, leasedUntil, nextAt);
    if (!(await isUntaken(tx, host.id, host.fence))) return false;
    if ('problem' in seen) await storeUnreachable(tx, occasion, host.id, seen.problem);
    else {
      for (const { productId, reported } of seen.runs) await storeReported(tx, occasion, host.id, productId, reported);
      await storeLive(tx, occasion, host.id);
    }
    return true;
  });
  // On its own: whoever reports health locks its timelines before the host, and this one holds the host.
  if (counts) await takeInLook(ctx, look, seen);
}

async function storeLive(tx: Transaction, occasion: Occasion, hostId: number): Promise<void> {
  if (await setLive(tx, hostId, occasion.now)) await record(tx, occasion, 'host.live', [hostId]);
}

async function storeUnreachable(tx: Transaction, occasion: Occasion, hostId: number, problem: Reason): Promise<void> {
  if (!(await setUnreachable(tx, hostId, problem, occasion.now))) return;
  await record(tx, occasion, 'host.unreachable', [hostId], { code: problem.code });
}

async function storeReported(
  tx: Transaction,
  occasion: Occasion,
  hostId: number,
  productId: number,
  reported: Reported | null,
): Promise<void> {
  if (!(await setReported(tx, hostId, productId, reported, occasion.now))) return;
  await touchHost(tx, hostId);
  await record(tx, occasion, 'host.reported', [hostId], { version: reported?.version ?? null });
}
