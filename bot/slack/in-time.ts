/** Slack waits 3 s for an acknowledgement, the way there and back included. */
export const PATIENCE_MS = 2_500;

export type InTime<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** What the work came to, if it does within the patience; it goes on either way. */
export async function inTime<T>(work: Promise<T>, patienceMs: number = PATIENCE_MS): Promise<InTime<T>> {
  const { promise: late, resolve } = Promise.withResolvers<InTime<T>>();
  const timer = setTimeout(() => resolve({ done: false }), patienceMs);
  try {
    return await Promise.race([work.then((value) => ({ done: true as const, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
