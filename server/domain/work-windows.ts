import type { Reason } from './reason.ts';
import type { JobKind } from './views.ts';
import { environmentClosed, windowState, type WindowSchedule } from './windows.ts';

/** Work that maintenance windows may keep waiting. */
export interface WindowedWork {
  readonly kind: JobKind;
  /** Why an operator starts it outside of them; null: nobody does. */
  readonly windowOverride: string | null;
}

export interface WindowedEnvironment {
  readonly name: string;
  readonly windows: WindowSchedule;
  readonly recallWaitsForWindow: boolean;
}

/** Whose windows gate what: rollbacks and downloads pass them, roll-offs unless the environment says otherwise. Rule: sections 8 and 9. */
const GATED = {
  download: () => false,
  install: () => true,
  rollback: () => false,
  'roll-off': ({ recallWaitsForWindow }) => recallWaitsForWindow,
} as const satisfies Record<JobKind, (environment: WindowedEnvironment) => boolean>;

/** Whether windows of this environment can keep the work waiting at all; an override passes them. Rule: section 8. */
export function isGated({ kind, windowOverride }: WindowedWork, environment: WindowedEnvironment): boolean {
  return windowOverride === null && GATED[kind](environment);
}

/** The closed window that keeps the work waiting there; null: none does. Rule: section 8. */
export function closedFor(
  work: WindowedWork,
  environment: WindowedEnvironment,
  now: number,
): Reason<'window_closed'> | null {
  return isGated(work, environment) ? environmentClosed(environment.name, windowState(environment.windows, now)) : null;
}

/** Epoch milliseconds; both null: it waits for none. */
export interface NamedWindow {
  readonly windowFrom: number | null;
  readonly windowEnd: number | null;
}

/**
 * The window that a plan waits for at `now`, as its card names it: that of the environment which opens last. Where nothing
 * is closed there is none, and the plan starts within its rule's time. Rule: sections 8 and 11.
 */
export function namedWindow(
  work: WindowedWork,
  environments: readonly WindowedEnvironment[],
  now: number,
): NamedWindow {
  const opening = environments.flatMap((environment) => {
    const { nextOpen } = windowState(environment.windows, now);
    return nextOpen !== null && isGated(work, environment) ? [{ environment, windowFrom: nextOpen }] : [];
  });
  const [last] = opening.sort((a, b) => b.windowFrom - a.windowFrom);
  if (!last) return { windowFrom: null, windowEnd: null };
  return { windowFrom: last.windowFrom, windowEnd: windowState(last.environment.windows, last.windowFrom).nextClose };
}
