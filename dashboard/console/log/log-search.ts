import { lineText } from './log-line.ts';
import type { Line, Span } from './log-line.ts';

/** The lines of a log that contain a text, whatever its case. A line is looked at once, when it is complete. */
export interface LogSearch {
  /** In lower case; empty: nothing is looked for. */
  readonly wanted: string;
  /** Indexes of lines, rising. */
  readonly hits: number[];
  /** How many lines have been looked at. */
  looked: number;
}

export function logSearch(text: string): LogSearch {
  return { wanted: text.toLowerCase(), hits: [], looked: 0 };
}

/** Looks at the lines that have come since. */
export function lookOn(search: LogSearch, lines: readonly Line[]): void {
  if (search.wanted === '') return;
  for (; search.looked < lines.length; search.looked += 1) {
    const text = lineText(lines[search.looked] ?? []);
    if (text.toLowerCase().includes(search.wanted)) search.hits.push(search.looked);
  }
}

/** The place among the hits that follows, or goes before, line `from`; round the end. -1: there is no hit. */
export function nextHit(hits: readonly number[], from: number, step: 1 | -1): number {
  if (hits.length === 0) return -1;
  const place = step > 0 ? hits.findIndex((line) => line > from) : hits.findLastIndex((line) => line < from);
  if (place >= 0) return place;
  return step > 0 ? 0 : hits.length - 1;
}

export interface MarkedSpan extends Span {
  readonly hit: boolean;
}

/** The line cut where what is looked for begins and ends, so that it can be marked in any colour. */
export function marked(line: Line, wanted: string): readonly MarkedSpan[] {
  const text = lineText(line).toLowerCase();
  const places: number[] = [];
  // A text that changes its length in lower case has other columns: it is found, but not marked.
  if (wanted !== '' && text.length === lineText(line).length) {
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  }
  if (places.length === 0) return line.map((span) => ({ ...span, hit: false }));
  const edges = places.flatMap((at) => [at, at + wanted.length]);
  let start = 0;
  return line.flatMap(({ text: own, style }) => {
    const end = start + own.length;
    const cuts = [start, ...edges.filter((edge) => edge > start && edge < end), end];
    const parts = cuts.slice(1).map((to, index) => {
      const from = cuts[index] ?? start;
      const hit = places.some((at) => at <= from && from < at + wanted.length);
      return { text: own.slice(from - start, to - start), style, hit };
    });
    start = end;
    return parts;
  });
}
