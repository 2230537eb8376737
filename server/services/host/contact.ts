import {
  endLook,
  isUntaken,
  setLive,
  setReported,
  setUnreachable,
  touchHosts,
  type Reported,
} from '../../../db/queries/hosts.ts';
import { transact } from '../../../db/transact.ts';
import type { HealthState } from '../../domain/observation.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { takeInLooks } from '../health/look.ts';
import { record, type Occasion } from '../log/record.ts';
import type { Look } from './take-due.ts';

const occasionNow = (ctx: Context): Occasion => ({ now: ctx.clock.now(), actor: signalboxActor.name });

/** The host answered. Only news reaches the log: ten thousand hosts that are fine say nothing. */
export async function noteLive(ctx: Context, hostId: number): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeLive(tx, occasion, hostId));
}

/** What a host says it runs for a product; null = nothing. */
export interface SaidToRun {
  hostId: number;
  reported: Reported | null;
}

/** The hosts answered, and said what they run for one product. */
export async function noteAnswers(ctx: Context, productId: number, said: readonly SaidToRun[]): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, async (tx) => {
    for (const { hostId } of inOrder(said)) await storeLive(tx, occasion, hostId);
    await storeReported(tx, occasion, productId, said);
  });
}

/** The host should answer and does not. */
export async function noteUnreachable(ctx: Context, hostId: number, problem: Reason): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeUnreachable(tx, occasion, hostId, problem));
}

/** What hosts say they run for one product. */
export async function noteReported(ctx: Context, productId: number, said: readonly SaidToRun[]): Promise<void> {
  const occasion = occasionNow(ctx);
  await transact(ctx, (tx) => storeReported(tx, occasion, productId, said));
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
      for (const { productId, reported } of seen.runs)
        await storeReported(tx, occasion, productId, [{ hostId: host.id, reported }]);
      await storeLive(tx, occasion, host.id);
    }
    return true;
  });
  // On its own: whoever reports health locks its timelines before the host, and this one holds the host.
  if (counts) await takeInLooks(ctx, [{ ...look, seen }]);
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
  productId: number,
  said: readonly SaidToRun[],
): Promise<void> {
  const news: SaidToRun[] = [];
  for (const one of inOrder(said)) {
    if (await setReported(tx, one.hostId, productId, one.reported, occasion.now)) news.push(one);
  }
  if (news.length === 0) return;
  await touchHosts(
    tx,
    news.map(({ hostId }) => hostId),
  );
  for (const [version, same] of Map.groupBy(news, ({ reported }) => reported?.version ?? null)) {
    const ids = same.map(({ hostId }) => hostId);
    await record(tx, occasion, 'host.reported', ids, { version });
  }
}

/** One order for all who lock several hosts, so that two never wait for each other. */
function inOrder(said: readonly SaidToRun[]): SaidToRun[] {
  return said.toSorted((a, b) => a.hostId - b.hostId);
}
