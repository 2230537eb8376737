/** How often a client looks for new releases unless its environment says otherwise. */
export const DEFAULT_CHECK_EVERY_MS = 4 * 3_600_000;

/** A check comes up to this share of the interval late, in parts per million. */
const JITTER_PPM = 100_000;

/**
 * When a client looks next, epoch milliseconds; null: never by itself. The jitter keeps clients from all looking at once;
 * it follows from the client and the instant alone, so that the same facts give the same schedule.
 */
export function nextCheckAt(now: number, everyMs: number | null, clientId: number): number | null {
  if (everyMs === null) return null;
  const widest = Math.floor((everyMs * JITTER_PPM) / 1_000_000);
  return now + everyMs + (spread(`${clientId}:${now}`) % (widest + 1));
}

/** FNV-1a, 32 bits: near texts end far apart. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
