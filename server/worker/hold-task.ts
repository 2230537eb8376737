import { keepTask } from '../services/task/lease.ts';
import type { Context } from '../services/context.ts';
import type { Held } from '../services/task/start.ts';

export interface Hold {
  /** Aborted when the task is lost to another worker, or when this process stops. */
  signal: AbortSignal;
  /** What to do when somebody asks to cancel, or has asked already; asked again until it has been done. */
  onCancel(cancel: (() => Promise<void>) | null): void;
  release(): void;
}

/** Keeps the lease of a held task alive, a third of its length at a time, and listens for a request to cancel. */
export function holdTask(ctx: Context, held: Held, shutdown: AbortSignal): Hold {
  const lost = new AbortController();
  let cancel: (() => Promise<void>) | null = null;
  let wanted = false;
  let cancelling = false;
  let beating = false;
  /** Beside the beats: a host that answers slowly must not let the lease run out. */
  const askToCancel = async () => {
    const asked = cancel;
    if (!asked || cancelling) return;
    cancelling = true;
    try {
      await asked();
      if (cancel === asked) cancel = null;
    } catch (error) {
      ctx.log.warn({ err: error, task: held.taskId }, 'cancel not delivered; trying again');
    } finally {
      cancelling = false;
    }
  };
  const beat = async () => {
    if (beating) return;
    beating = true;
    try {
      const state = await keepTask(ctx, held);
      if (state === 'lost') lost.abort(new Error('the task has another holder'));
      wanted = state === 'cancel';
      if (wanted) void askToCancel();
    } catch (error) {
      ctx.log.warn({ err: error, task: held.taskId }, 'lease not renewed; trying again');
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(() => void beat(), Math.max(50, Math.min(ctx.config.leaseMs / 3, 1_000)));
  const release = () => clearInterval(timer);
  lost.signal.addEventListener('abort', release, { once: true });
  return {
    signal: AbortSignal.any([lost.signal, shutdown]),
    onCancel(action) {
      cancel = action;
      // While the line was away a beat has heard of it: the next one may come after `activate`.
      if (wanted) void askToCancel();
    },
    release,
  };
}
