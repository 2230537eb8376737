import { createReadStream } from 'node:fs';
import { findOrder } from '../services/task/order.ts';
import type { Ended, EndOnHost } from '../services/task/end.ts';
import type { Progress } from '../services/task/report.ts';
import { keepTask } from '../services/task/lease.ts';
import { noteLive, noteUnreachable, type SaidToRun } from '../services/host/contact.ts';
import type { AttemptEnd } from '../services/health/attempt.ts';
import type { Context } from '../services/context.ts';
import type { Held, TaskOrder } from '../services/task/start.ts';
import { HostUnreachable, RunnerRefused, type FinalReport } from '../hosts/contract.ts';
import { openSession } from '../hosts/open-session.ts';
import { runAttempt } from '../hosts/run-attempt.ts';
import { cancelAttempt, cancelFollowed } from '../hosts/cancel-attempt.ts';
import type { TaskStatus } from '../domain/task-transition.ts';
import { attemptPlan } from './attempt-plan.ts';
import { hostAddress } from './host-address.ts';
import { holdTask, type Hold } from './hold-task.ts';
import { maskedReason } from './mask.ts';
import { patience } from './patience.ts';
import { openProgress } from './progress.ts';

/**
 * Takes one held task to its host and brings back its end. Whatever breaks on the way (line, host, this process), the
 * steps go on over there; the next holder attaches to the same attempt and reads on from the stored offsets. Returns the
 * task to go on with, which is held already.
 */
export async function runTask(ctx: Context, held: Held, shutdown: AbortSignal, tell: Tell): Promise<Held | null> {
  const hold = holdTask(ctx, held, shutdown);
  try {
    const found = await attemptUntilEnd(ctx, held, hold, tell);
    if (!found) return null;
    const { order, attempt, end } = found;
    const problem = end.problem && maskedReason(end.problem, ctx.config.secrets);
    const { next } = await tell.end(order.job.id, {
      held,
      hostId: order.host.id,
      end: { ...end, problem },
      attempt,
    });
    return next;
  } catch (error) {
    // Lost to another worker, or this process stops: whoever holds the task next goes on.
    if (!hold.signal.aborted) throw error;
    return null;
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

/** Where a task's words and its end go: together with those of others that come in the same moment. */
export interface Tell {
  progress(said: Progress): Promise<boolean>;
  /** What a host says it runs before anything is done there. */
  answer(productId: number, said: SaidToRun): Promise<void>;
  end(jobId: number, end: TaskEnded): Promise<Ended>;
}

/** The end of a task, and what the attempt on the host has come to where it was brought to its end. */
export type TaskEnded = Omit<EndOnHost, 'healthKnown'> & { attempt: AttemptEnd | null };

type End = EndOnHost['end'];

interface Found {
  order: TaskOrder;
  end: End;
  attempt: AttemptEnd | null;
}

async function attemptUntilEnd(ctx: Context, held: Held, hold: Hold, tell: Tell): Promise<Found | null> {
  const line = patience({ forMs: ctx.config.linePatienceMs, signal: hold.signal });
  for (;;) {
    const order = await findOrder(ctx, held.taskId);
    if (!order) return null;
    try {
      const { final, healthy } = await attempt(ctx, held, order, hold, { heard: line.renew, tell });
      const succeeded = final.outcome === 'succeeded';
      return { order, end: endOf(final), attempt: { order, current: final.current, succeeded, healthy } };
    } catch (error) {
      if (hold.signal.aborted) throw error;
      if (isStale(error) && (await isReplaced(ctx, held))) return null;
      const end = await line.after(error);
      if (!end) continue;
      if (error instanceof HostUnreachable)
        await noteUnreachable(ctx, order.host.id, maskedReason(reasonOf(error), ctx.config.secrets));
      // Refused before a hello: the host answers all the same.
      else await noteLive(ctx, order.host.id);
      return { order, end: { ...end, restored: false }, attempt: null };
    }
  }
}

async function attempt(
  ctx: Context,
  held: Held,
  order: TaskOrder,
  hold: Hold,
  { heard, tell }: { heard: () => void; tell: Tell },
): Promise<{ final: FinalReport; healthy: boolean }> {
  const address = await hostAddress(order.host.connection, ctx.config.keysFolder);
  const open = () => openSession(address, { connectTimeoutMs: ctx.config.connectTimeoutMs, signal: hold.signal });
  const session = await open();
  let answered: Promise<void> | undefined;
  const progress = openProgress(ctx, held, order.task, tell.progress);
  try {
    const plan = attemptPlan(ctx.config, order, held.fence);
    // Known before it goes on: the next beat may come after `activate`.
    if (order.task.cancelRequested) await cancelAttempt(session, plan, { signal: hold.signal });
    hold.onCancel(() => cancelFollowed(session, plan, open));
    const final = await runAttempt(session, plan, {
      onHello: (hello) => {
        heard();
        answered = tell.answer(order.job.productId, { hostId: order.host.id, reported: hello.current });
        // Beside the transfer; what goes wrong is told below.
        answered.catch(() => undefined);
      },
      onReport: (report, next) => {
        heard();
        return progress.report(report, next);
      },
      onLog: ({ bytes }) => {
        heard();
        return progress.log(bytes);
      },
      onLogCut: ({ at }) => progress.cut(at),
      artifact: () => packageBytes(order.packagePath),
      logOffset: Math.min(order.task.logOffset, plan.logCapBytes),
      reportOffset: order.task.reportOffset,
      signal: AbortSignal.any([hold.signal, progress.failed]),
    });
    await answered;
    await progress.flush();
    return { final, healthy: progress.exitOf('health') === 0 };
  } finally {
    hold.onCancel(null);
    await session.close().catch(() => undefined);
    // The next try reads on from what is stored.
    await progress.settled();
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
