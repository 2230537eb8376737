import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again until the answer is one; an empty text is none. Throws with what was seen last when the patience is over:
 * a wait for a condition, never for a time.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  options: { forMs?: number; seen?: () => unknown } = {},
): Promise<T> {
  const end = performance.now() + (options.forMs ?? 40_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false && answer !== '') return answer;
    if (performance.now() > end) {
      const seen = options.seen ? `; last seen: ${JSON.stringify(options.seen())}` : '';
      throw new Error(`waited in vain for ${what}${seen}`);
    }
    await delay(40);
  }
}
