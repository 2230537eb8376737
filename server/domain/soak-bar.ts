import { uncut, type SoakCalendar, type Span, countedSpans } from './calendar.ts';
import { healthNow, type HealthNow, type HealthPolicy } from './health.ts';
import { indexAt, STATED, type HealthTimeline } from './health-timeline.ts';

/** A piece of a soak as people see it. Instants epoch ms. */
export interface BarPiece extends Span {
  /** `cut`: a weekend, or our own outage; it counts for nothing. */
  readonly kind: HealthNow | 'cut';
}

/** The soak of one entity piece by piece, in order of time and without a gap. Rule: section 5. */
export function soakBar(
  timeline: HealthTimeline,
  span: Span,
  calendar: SoakCalendar,
  policy: HealthPolicy,
): BarPiece[] {
  const counted = countedSpans(span, calendar);
  const cut = uncut(span, counted).map((piece): BarPiece => ({ ...piece, kind: 'cut' }));
  const stated = statesAnything(timeline, span);
  const told = counted.flatMap((piece) =>
    piecesOf(timeline, piece, { ...policy, expectsHealth: policy.expectsHealth || stated }),
  );
  return merged([...cut, ...told].sort((a, b) => a.from - b.from));
}

function piecesOf(timeline: HealthTimeline, span: Span, policy: HealthPolicy): BarPiece[] {
  const pieces: BarPiece[] = [];
  for (let index = indexAt(timeline, span.from); timeline.at[index]! < span.to; index += 1) {
    const from = Math.max(timeline.at[index]!, span.from);
    const to = Math.min(timeline.at[index + 1]!, span.to);
    if (from < to) pieces.push({ from, to, kind: kindOf(timeline.facts[index]!, policy) });
  }
  return pieces;
}

function kindOf(facts: number, policy: HealthPolicy): HealthNow {
  const nothing = { soakMs: 0, liveMs: 0, goodMs: 0, errorMs: 0, terminalMs: 0, stated: false };
  return healthNow({ ...nothing, at: 0, facts, steadyUntil: Infinity }, policy);
}

function statesAnything({ at, facts }: HealthTimeline, span: Span): boolean {
  return facts.some((fact, index) => (fact & STATED) !== 0 && at[index]! < span.to && at[index + 1]! > span.from);
}

function merged(pieces: readonly BarPiece[]): BarPiece[] {
  const bar: BarPiece[] = [];
  for (const piece of pieces) {
    const last = bar.at(-1);
    if (last?.kind === piece.kind && last.to === piece.from) bar[bar.length - 1] = { ...last, to: piece.to };
    else bar.push(piece);
  }
  return bar;
}
