const firstMs = 500;
const longestMs = 10_000;

/**
 * Milliseconds to wait before attempt `attempt` (from 0): doubling to ten seconds, then for ever, spread over half to
 * the whole of it, since a thousand walls lose their server at the same instant. `dice`: a random number in [0, 1).
 */
export function backoffMs(attempt: number, dice: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10));
  return Math.round(full / 2 + (full / 2) * dice);
}
