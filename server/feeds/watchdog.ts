/** Aborts its signal when nothing happens for too long; also when the caller's signal does. */
export interface Watchdog {
  readonly signal: AbortSignal;
  /** True once it was this clock, not the caller, that gave up. */
  readonly expired: boolean;
  /** Something happened, or is waited for from now on: the time starts again. */
  rearm(): void;
  /** Nothing is waited for: our own disk may take as long as it takes. */
  pause(): void;
}

/** `ms`: how long nothing may happen. It starts paused. */
export function createWatchdog(ms: number, caller: AbortSignal | undefined): Watchdog {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: caller ? AbortSignal.any([controller.signal, caller]) : controller.signal,
    get expired() {
      return controller.signal.aborted;
    },
    rearm() {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), ms);
    },
    pause() {
      clearTimeout(timer);
    },
  };
}
