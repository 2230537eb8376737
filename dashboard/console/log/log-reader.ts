import { cut, lineLength, written } from './log-line.ts';
import type { Line } from './log-line.ts';
import { applySgr, PLAIN } from './sgr.ts';
import type { Style } from './sgr.ts';

/**
 * Turns the text of a log into lines of styled spans, chunk by chunk. Nothing is ever swallowed except sequences that
 * are complete and known to be harmless; whatever else is not printable becomes a visible mark.
 */
export interface LogReader {
  /** Lines that a newline has ended. Only ever appended to. */
  readonly lines: Line[];
  /** The line still being written. */
  open: Line;
  column: number;
  style: Style;
  /** The start of a sequence whose rest has not arrived yet. */
  held: string;
}

/** A row of the viewer holds at most this many UTF-16 units: one endless line must not become one endless element. */
export const FOLD_AT = 4_000;
const MAX_HELD = 4_096;

export function createLogReader(): LogReader {
  return { lines: [], open: [], column: 0, style: PLAIN, held: '' };
}

/** Reads more text, wherever it was split. */
export function readLog(reader: LogReader, chunk: string): void {
  // Joined, not added: V8 flattens a sum anew for every match, and each line keeps a copy alive (2 GB for 100 000 lines).
  const text = [reader.held, chunk].join('');
  reader.held = '';
  let at = 0;
  while (at < text.length) {
    UNPRINTABLE.lastIndex = at;
    const next = UNPRINTABLE.exec(text)?.index ?? text.length;
    if (next > at) write(reader, text.slice(at, next));
    if (next === text.length) return;
    const used = readControl(reader, text, next);
    if (used === 0) {
      reader.held = text.slice(next);
      return;
    }
    at = next + used;
  }
}

/** The log has ended: what was held back for the rest of a sequence is shown as it is. */
export function endLog(reader: LogReader): void {
  const rest = reader.held;
  reader.held = '';
  if (rest === '\r') return;
  for (const character of rest) write(reader, character < ' ' ? visible(character) : character);
}

/** Control characters, and those that reorder text or hide in it: U+202E turns `exe.tset` into `test.exe`. */
const UNPRINTABLE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

const CSI = /\u001b\[([0-?]*)[ -/]*([@-~])/y;
const STRING = /\u001b[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)/y;
const SHORT = /\u001b[ -/]*[0-OQ-WYZ`-~\\]/y;
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\n]*\u001b?|[ -/]*)?$/y;

/** Handles what stands at `at` and says how many units it used; 0: the rest has not arrived. */
function readControl(reader: LogReader, text: string, at: number): number {
  const character = text[at] ?? '';
  if (character === '\u001b') return readEscape(reader, text, at);
  if (character === '\n') newLine(reader);
  else if (character === '\b') reader.column = Math.max(0, reader.column - 1);
  else if (character === '\r') {
    if (at + 1 === text.length) return 0;
    if (text[at + 1] !== '\n') reader.column = 0;
  } else write(reader, visible(character));
  return 1;
}

function readEscape(reader: LogReader, text: string, at: number): number {
  const csi = matchAt(CSI, text, at);
  if (csi) {
    const [sequence, parameters = '', final] = csi;
    if (final === 'm') reader.style = applySgr(reader.style, parameters);
    else if (final === 'K') eraseInLine(reader, parameters);
    return sequence.length;
  }
  const known = matchAt(STRING, text, at) ?? matchAt(SHORT, text, at);
  if (known) return known[0].length;
  const unfinished = matchAt(UNFINISHED, text, at);
  if (unfinished && unfinished[0].length < MAX_HELD) return 0;
  write(reader, visible('\u001b'));
  return 1;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function write(reader: LogReader, text: string): void {
  let rest = text;
  while (rest) {
    if (reader.column >= FOLD_AT) newLine(reader);
    const part = rest.slice(0, FOLD_AT - reader.column);
    reader.open = written(reader.open, reader.column, part, reader.style);
    reader.column += part.length;
    rest = rest.slice(part.length);
  }
}

function newLine(reader: LogReader): void {
  reader.lines.push(reader.open);
  reader.open = [];
  reader.column = 0;
}

function eraseInLine(reader: LogReader, parameters: string): void {
  const blank = { text: ' '.repeat(reader.column), style: PLAIN };
  if (parameters === '' || parameters === '0') reader.open = cut(reader.open, 0, reader.column);
  else if (parameters === '2') reader.open = reader.column > 0 ? [blank] : [];
  else if (parameters === '1' && lineLength(reader.open) > reader.column)
    reader.open = [blank, ...cut(reader.open, reader.column, Infinity)];
}

/** ␛ and its like for the first 32 and delete, the code point in brackets for the rest. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`;
}
