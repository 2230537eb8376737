/** How a delivery came in. */
export interface Arrival {
  /** On the monotonic clock: its answer is due from then on. */
  readonly at: number;
  /** False: the request was taken before. Nothing is done for it until that is known. */
  readonly firstTime: Promise<boolean>;
}

export function arrivedNow(firstTime: Promise<boolean> = Promise.resolve(true)): Arrival {
  return { at: performance.now(), firstTime };
}

export type InTime<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/**
 * What the work came to, if it does while there is time to answer: `answerMs` from the arrival, which leaves some of
 * Slack's 3 s for the way there and back. It goes on either way.
 */
export async function inTime<T>(work: Promise<T>, { at }: Pick<Arrival, 'at'>, answerMs: number): Promise<InTime<T>> {
  return within(work, Math.max(0, at + answerMs - performance.now()));
}

export async function within<T>(work: Promise<T>, ms: number): Promise<InTime<T>> {
  const { promise: late, resolve } = Promise.withResolvers<InTime<T>>();
  const timer = setTimeout(() => resolve({ done: false }), ms);
  try {
    return await Promise.race([work.then((value) => ({ done: true as const, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
