import { createReadStream } from 'node:fs';
import { findOrder } from '../services/task/order.ts';
import { takeInInstall } from '../services/health/install-end.ts';
import { endTask } from '../services/task/end.ts';
import { keepTask } from '../services/task/lease.ts';
import { noteLive, noteReported, noteUnreachable } from '../services/host/contact.ts';
import { recordLog, recordReport } from '../services/task/report.ts';
import type { Context } from '../services/context.ts';
import type { Held, TaskOrder } from '../services/task/start.ts';
import { HostUnreachable, RunnerRefused, type FinalReport, type Hello } from '../hosts/contract.ts';
import { openSession } from '../hosts/open-session.ts';
import { runAttempt } from '../hosts/run-attempt.ts';
import { cancelAttempt } from '../hosts/cancel-attempt.ts';
import type { TaskStatus } from '../domain/task-transition.ts';
import { attemptPlan } from './attempt-plan.ts';
import { hostAddress } from './host-address.ts';
import { holdTask, type Hold } from './hold-task.ts';
import { LogMask, maskedReason, type MaskedChunk } from './mask.ts';
import { patience } from './patience.ts';
import { foldReport, stepNow } from './step-records.ts';

/**
 * Takes one held task to its host and brings back its end. Whatever breaks on the way (line, host, this process), the
 * steps go on over there; the next holder attaches to the same attempt and reads on from the stored offsets.
 */
export async function runTask(ctx: Context, held: Held, shutdown: AbortSignal): Promise<void> {
  const hold = holdTask(ctx, held, shutdown);
  try {
    const end = await attemptUntilEnd(ctx, held, hold);
    if (end)
      await endTask(ctx, held, { ...end, problem: end.problem && maskedReason(end.problem, ctx.config.secrets) });
  } catch (error) {
    // Lost to another worker, or this process stops: whoever holds the task next goes on.
    if (!hold.signal.aborted) throw error;
  } finally {
    hold.release();
  }
}

/**
 * The host knows a higher fence. If the task has another holder that is in order; if not, the host was taken by a server
 * with another database, and only a person can say which of them is right.
 */
function isStale(error: unknown): boolean {
  return error instanceof RunnerRefused && error.code === 'fence_stale';
}

/** Asks the database too: both have to agree that another worker is meant. */
async function isReplaced(ctx: Context, held: Held): Promise<boolean> {
  const which = { task: held.taskId, fence: held.fence };
  ctx.log.warn(which, 'task: the host refused this worker, it knows a newer one');
  const replaced = (await keepTask(ctx, held)) === 'lost';
  if (replaced) ctx.log.warn(which, 'task: another worker holds it, this one lets go');
  return replaced;
}

type End = Parameters<typeof endTask>[2];

async function attemptUntilEnd(ctx: Context, held: Held, hold: Hold): Promise<End | null> {
  const line = patience({ forMs: ctx.config.linePatienceMs, signal: hold.signal });
  for (;;) {
    const order = await findOrder(ctx, held.taskId);
    if (!order) return null;
    try {
      const final = await attempt(ctx, held, order, hold, line.renew);
      await noteReported(ctx, order.host.id, order.job.productId, final.current);
      if (final.outcome === 'succeeded') await takeInInstall(ctx, order.host, order.job.productId, final.current);
      return endOf(final);
    } catch (error) {
      if (hold.signal.aborted) throw error;
      if (isStale(error) && (await isReplaced(ctx, held))) return null;
      const end = await line.after(error);
      if (!end) continue;
      if (error instanceof HostUnreachable)
        await noteUnreachable(ctx, order.host.id, maskedReason(reasonOf(error), ctx.config.secrets));
      return { ...end, restored: false };
    }
  }
}

async function attempt(
  ctx: Context,
  held: Held,
  order: TaskOrder,
  hold: Hold,
  heard: () => void,
): Promise<FinalReport> {
  const address = await hostAddress(order.host.connection, ctx.config.keysFolder);
  const session = await openSession(address, { connectTimeoutMs: ctx.config.connectTimeoutMs, signal: hold.signal });
  try {
    await noteLive(ctx, order.host.id);
    const plan = attemptPlan(ctx.config, order, held.fence);
    hold.onCancel(() => cancelAttempt(session, plan));
    const observer = observe(ctx, held, order, heard);
    const final = await runAttempt(session, plan, {
      ...observer,
      artifact: () => packageBytes(order.packagePath),
      logOffset: Math.min(order.task.logOffset, plan.logCapBytes),
      reportOffset: order.task.reportOffset,
      signal: hold.signal,
    });
    await observer.flush();
    return final;
  } finally {
    hold.onCancel(null);
    await session.close().catch(() => undefined);
  }
}

/** A package that is not here will not come by waiting: the host lacks it, and the task fails. */
async function* packageBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const sentence =
      'The host has not got the release any more, and its package is not on this server. Download it again.';
    throw new RunnerRefused('package_missing', sentence);
  }
}

/** Stores what the host says, in its order; each call is awaited by the follower, so stored offsets are where to resume. */
function observe(ctx: Context, held: Held, order: TaskOrder, heard: () => void) {
  const mask = new LogMask(order.task.logOffset, ctx.config.secrets);
  let steps = order.task.steps;
  let reportOffset = order.task.reportOffset;
  const store = async (chunk: MaskedChunk | null) => {
    if (chunk) await recordLog(ctx, held, chunk);
  };
  return {
    onHello: (hello: Hello) => {
      heard();
      return noteReported(ctx, order.host.id, order.job.productId, hello.current);
    },
    onReport: async (report: Parameters<typeof foldReport>[1], next: number) => {
      heard();
      steps = foldReport(steps, report, ctx.clock.now());
      const stored = { offset: reportOffset, next, step: stepNow(report), steps };
      // Lines between steps belong to the step that just ended: nothing may stand behind its report.
      if (report.event === 'ended') await store(mask.flush());
      await recordReport(ctx, held, stored);
      reportOffset = next;
    },
    onLog: async ({ bytes }: { bytes: Uint8Array }) => {
      heard();
      await store(mask.push(bytes));
    },
    onLogCut: async ({ at }: { at: number }) => {
      await store(mask.flush());
      const content = Buffer.from(`\n[signalbox: the log is cut here, at ${at} bytes; the host keeps all of it]\n`);
      await recordLog(ctx, held, { from: at, to: at + 1, content });
    },
    flush: () => store(mask.flush()),
  };
}

const endStatus = {
  succeeded: 'succeeded',
  skipped: 'skipped',
  cancelled: 'cancelled',
  failed: 'failed',
  lost: 'failed',
} as const satisfies Record<FinalReport['outcome'], TaskStatus>;

function endOf(final: FinalReport): End {
  const problem =
    final.outcome === 'succeeded' ? null : { code: final.code, sentence: final.sentence, cause: final.cause };
  return {
    status: endStatus[final.outcome],
    problem,
    restored: final.restore === 'restored' || final.restore === 'removed',
  };
}

function reasonOf(error: HostUnreachable) {
  return { code: error.code, sentence: error.message };
}
