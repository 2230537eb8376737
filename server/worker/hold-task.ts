import { keepTask } from '../services/task/lease.ts';
import type { Context } from '../services/context.ts';
import type { Held } from '../services/task/start.ts';

export interface Hold {
  /** Aborted when the task is lost to another worker, or when this process stops. */
  signal: AbortSignal;
  /** What to do when somebody asks to cancel; asked again until it has been done. */
  onCancel(cancel: (() => Promise<void>) | null): void;
  release(): void;
}

/** Keeps the lease of a held task alive, a third of its length at a time, and listens for a request to cancel. */
export function holdTask(ctx: Context, held: Held, shutdown: AbortSignal): Hold {
  const lost = new AbortController();
  let cancel: (() => Promise<void>) | null = null;
  let busy = false;
  const beat = async () => {
    if (busy) return;
    busy = true;
    try {
      const state = await keepTask(ctx, held);
      if (state === 'lost') lost.abort(new Error('the task has another holder'));
      if (state === 'cancel' && cancel) await cancel().then(() => (cancel = null));
    } catch (error) {
      ctx.log.warn({ err: error, task: held.taskId }, 'lease not renewed; trying again');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(beat, Math.max(50, Math.min(ctx.config.leaseMs / 3, 1_000)));
  return {
    signal: AbortSignal.any([lost.signal, shutdown]),
    onCancel: (action) => (cancel = action),
    release: () => clearInterval(timer),
  };
}
