import type { Style } from './sgr.ts';

/** A run of characters in one style. Columns are counted in UTF-16 units. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export function lineLength(line: Line): number {
  return line.reduce((length, { text }) => length + text.length, 0);
}

export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The line after `text` is written at `column`, over what stood there, as a terminal does after a carriage return. */
export function written(line: Line, column: number, text: string, style: Style): Line {
  return joined([...cut(line, 0, column), { text, style }, ...cut(line, column + text.length, Infinity)]);
}

/** The part of the line from `from` up to, not including, `to`. */
export function cut(line: Line, from: number, to: number): Line {
  const parts: Span[] = [];
  let start = 0;
  for (const span of line) {
    const text = span.text.slice(Math.max(0, from - start), Math.max(0, to - start));
    if (text) parts.push(text === span.text ? span : { text: text.toWellFormed(), style: span.style });
    start += span.text.length;
  }
  return parts;
}

function joined(spans: readonly Span[]): Line {
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && last.style === span.style) merged[merged.length - 1] = { ...last, text: last.text + span.text };
    else if (span.text) merged.push(span);
  }
  return merged;
}
