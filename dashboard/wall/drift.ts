/** Every so often the whole picture moves a little, so that no edge burns in. Milliseconds. */
const everyMs = 120_000;
/** Hundredths of the screen's height: seen by nobody, and far inside the margin. */
const far = 0.45;
const ring = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;

/** Where the picture stands at `now`, epoch milliseconds, in units of the wall: all places of the ring in turn. */
export function driftAt(now: number): { x: number; y: number } {
  const [x, y] = ring[Math.floor(now / everyMs) % ring.length] ?? ring[0];
  return { x: x * far, y: y * far };
}
