import type { Fault } from '../../../server/demo/slack/start.ts';
import type { Json } from '../../../server/demo/slack/workspace.ts';

interface Planned {
  readonly method: string | null;
  readonly fault: Fault;
  left: number;
}

/** What goes wrong between the app and Slack, planned by a test. */
export interface Faults {
  /** The next `times` calls of this method (null: of any) end so; Infinity until `heal`. */
  plan(method: string | null, fault: Fault, times?: number): void;
  rateLimit(method: string | null, retryAfterSeconds: number, times?: number): void;
  /** Answers 429 to what is more than so many calls of a method in any minute, as Slack does for a workspace. */
  limitPerMinute(method: string, calls: number, now: () => number): void;
  heal(): void;
  readonly fault: (method: string, args: Json) => Fault | null;
}

export function planFaults(): Faults {
  const planned: Planned[] = [];
  const limits = new Map<string, { calls: number; now: () => number; taken: number[] }>();
  const faults: Faults = {
    plan: (method, fault, times = 1) => void planned.push({ method, fault, left: times }),
    rateLimit: (method, seconds, times = 1) => faults.plan(method, tooMany(seconds), times),
    limitPerMinute: (method, calls, now) => void limits.set(method, { calls, now, taken: [] }),
    heal() {
      planned.length = 0;
      limits.clear();
    },
    fault(method) {
      const next = planned.find((each) => each.left > 0 && (each.method === null || each.method === method));
      if (next) {
        next.left -= 1;
        return next.fault;
      }
      const limit = limits.get(method);
      if (!limit) return null;
      const now = limit.now();
      limit.taken = limit.taken.filter((at) => at > now - 60_000);
      const first = limit.taken[0];
      if (limit.taken.length >= limit.calls && first !== undefined) {
        return tooMany(Math.ceil((first + 60_000 - now) / 1_000));
      }
      limit.taken.push(now);
      return null;
    },
  };
  return faults;
}

function tooMany(seconds: number): Fault {
  return { kind: 'status', status: 429, headers: { 'retry-after': String(seconds) } };
}
