/**
 * Counts, percentages and thresholds. A ratio is an integer number of parts per million, so no comparison ever meets a
 * float: 31 days in milliseconds × 10⁶ are 2.7 × 10¹⁵, below 2⁵³ = 9.0 × 10¹⁵ (for longer soaks see `compareShare`).
 */
export const PPM = 1_000_000;

/** A number of things, or a share of them in parts per million. */
export type Quantity = { readonly count: number } | { readonly ppm: number };

/** A ratio in [0, 1] as it is written (0.95) to parts per million (950 000); finer digits round half up. */
export function ppmOfRatio(ratio: number): number {
  return shifted(ratio, 6);
}

/** A percentage as it is written (33.4) to parts per million (334 000); finer digits round half up. */
export function ppmOfPercent(percent: number): number {
  return shifted(percent, 4);
}

/** Parts per million back to the percentage that people read: 334 000 is 33.4. */
export function percentOfPpm(ppm: number): number {
  return ppm / 10_000;
}

/** The quantity as a whole number of `total` things, a share rounded up. */
export function roundedUp(quantity: Quantity, total: number): number {
  return 'count' in quantity ? quantity.count : Math.ceil((quantity.ppm * total) / PPM);
}

/** The quantity as a whole number of `total` things, a share rounded down. */
export function roundedDown(quantity: Quantity, total: number): number {
  return 'count' in quantity ? quantity.count : Math.floor((quantity.ppm * total) / PPM);
}

/** The quantity as people write it: `3` or `25 %`. */
export function quantityText(quantity: Quantity): string {
  return 'count' in quantity ? String(quantity.count) : `${percentOfPpm(quantity.ppm)} %`;
}

/**
 * Shifts on the decimal digits: 1.0000005 × 10⁶ in floats is 1000000.4999…, which would round down what was written as
 * a half.
 */
function shifted(value: number, places: number): number {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  return Math.round(Number(`${mantissa}e${Number(exponent) + places}`));
}

/**
 * How part / whole compares with a share: negative below, 0 exactly on it, positive above. All integers, in ms or
 * counts. A soak of more than 104 days leaves the integers that a float holds exactly, hence the BigInt.
 */
export function compareShare(part: number, whole: number, ppm: number): number {
  if (whole <= Number.MAX_SAFE_INTEGER / PPM) return part * PPM - ppm * whole;
  return Number(BigInt(part) * BigInt(PPM) - BigInt(ppm) * BigInt(whole));
}
