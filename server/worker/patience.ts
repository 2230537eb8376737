import { setTimeout as delay } from 'node:timers/promises';
import type { Reason } from '../domain/reason.ts';
import { HostUnreachable, RunnerRefused } from '../hosts/contract.ts';

export interface LineEnd {
  status: 'unreachable' | 'failed';
  problem: Reason;
}

/**
 * How long a broken line is tried again: with growing, jittered pauses, until nothing was heard for `forMs`. What cannot
 * get better by itself (host key, authentication, a refusal of the runner) ends at once.
 */
export function patience({ forMs, signal }: { forMs: number; signal: AbortSignal }) {
  let lastHeard = performance.now();
  let pauseMs = 250;
  return {
    renew: () => {
      lastHeard = performance.now();
      pauseMs = 250;
    },
    /** Null: try again now. Otherwise how the task ends. Throws what is neither line nor refusal. */
    async after(error: unknown): Promise<LineEnd | null> {
      const end = endFor(error);
      const retryable = error instanceof HostUnreachable ? error.retryable : isBusy(error);
      if (!retryable || performance.now() - lastHeard + pauseMs > forMs) return end;
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal });
      pauseMs = Math.min(pauseMs * 2, 5_000);
      return null;
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof RunnerRefused && error.code === 'busy';
}

function endFor(error: unknown): LineEnd {
  if (error instanceof HostUnreachable) {
    return { status: 'unreachable', problem: { code: error.code, sentence: error.message } };
  }
  if (error instanceof RunnerRefused) {
    return { status: 'failed', problem: { code: error.code, sentence: error.message } };
  }
  throw error;
}
