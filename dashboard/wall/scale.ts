/** Millimetres of cap height that 20 minutes of arc are, per metre of distance: 1000 · 2 · tan(10′). */
const capMmPerMetre = 5.818;
/** Cap height of Inter, as a part of its size. */
const capHeight = 0.727;
/** Height of a 16:9 screen, in millimetres per inch of its diagonal. */
const screenMmPerInch = 12.453;
/** Size of the second rank on the wall's ground plan: 20.5′ at five metres on 55 inches. */
const rankTwoVh = 6;

/**
 * How much larger than on the ground plan the must-read sizes have to be so that their capitals span 20 minutes of arc,
 * from `?inches=` (the screen's diagonal) and `?metres=` (how far people stand). Between 0.75 and 1.3, beyond which the
 * wall's twelve lines do not fit; 1 when nothing is said.
 */
export function scaleOf(search: string): number {
  const asked = new URLSearchParams(search);
  const inches = Number(asked.get('inches') ?? 55);
  const metres = Number(asked.get('metres') ?? 5);
  if (!(inches > 0) || !(metres > 0)) return 1;
  const neededVh = ((metres * capMmPerMetre) / (inches * screenMmPerInch) / capHeight) * 100;
  if (!asked.has('inches') && !asked.has('metres')) return 1;
  return Math.min(1.3, Math.max(0.75, neededVh / rankTwoVh));
}
