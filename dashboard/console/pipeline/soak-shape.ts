import type { ShownEvaluation } from './stage-words.ts';

export type SoakPiece = ShownEvaluation['entities'][number]['bar'][number];

/** A piece of the bar: where it begins and how wide it is, in parts per million of the whole soak. */
export interface BarPart {
  readonly kind: SoakPiece['kind'];
  readonly at: number;
  readonly width: number;
  readonly ms: number;
}

const WHOLE = 1_000_000;
/** A piece narrower than this is not seen; one in trouble must be. */
const LEAST = 6_000;

/** The pieces of a soak on one line; unhealthy ones never thinner than can be seen. */
export function barParts(pieces: readonly SoakPiece[]): BarPart[] {
  const from = pieces[0]?.from ?? 0;
  const whole = (pieces.at(-1)?.to ?? from) - from;
  if (whole <= 0) return [];
  return pieces.map((piece) => {
    const ms = piece.to - piece.from;
    const width = Math.round((ms * WHOLE) / whole);
    const at = Math.round(((piece.from - from) * WHOLE) / whole);
    if (piece.kind !== 'unhealthy' || width >= LEAST) return { kind: piece.kind, at, width, ms };
    return { kind: piece.kind, at: Math.min(at, WHOLE - LEAST), width: LEAST, ms };
  });
}

/** How long each kind lasted altogether, milliseconds. */
export function barSums(pieces: readonly SoakPiece[]): Record<SoakPiece['kind'], number> {
  const sums = { healthy: 0, unhealthy: 0, neutral: 0, cut: 0 };
  for (const { kind, from, to } of pieces) sums[kind] += to - from;
  return sums;
}

/** Trouble stands over what it interrupts, so it is drawn last. */
export function drawnLast(parts: readonly BarPart[]): BarPart[] {
  return parts.toSorted((a, b) => Number(a.kind === 'unhealthy') - Number(b.kind === 'unhealthy'));
}
