import type { Reason } from '../domain/reason.ts';
import { keyLines } from './private-keys.ts';
import { knownPatterns } from './secret-patterns.ts';

const mark = '********';
/** A line longer than this is cut for masking, so that endless output without a newline cannot grow memory. */
const longestLine = 64 * 1024;
/** So much of a line that is cut stays behind, and is remembered after: what lies across the cut is found all the same. */
const overlap = 4 * 1024;
const shortestSecret = 4;

export interface MaskedChunk {
  /** Offsets in the host's own log: from where this chunk was made, and where to read on after it. */
  from: number;
  to: number;
  content: Uint8Array;
}

type Range = readonly [start: number, end: number];

/**
 * Masks secrets before a line is stored. Bytes go in as the host sends them, whole lines come out; what is no text
 * passes through unchanged, byte for byte.
 */
export class LogMask {
  #pending = '';
  /** The end of a line whose beginning has been given out already, unmasked. */
  #before = '';
  #from: number;
  /** A private key has begun before `pending`. */
  #inKey = false;
  readonly #secrets: readonly string[];

  constructor(offset: number, secrets: readonly string[]) {
    this.#from = offset;
    // Latin-1 holds each byte as one character, so masking text cannot damage what is not UTF-8.
    this.#secrets = secrets
      .flatMap((secret) => secret.split(/[\r\n]+/))
      .filter((secret) => secret.length >= shortestSecret)
      .map((secret) => Buffer.from(secret, 'utf8').toString('latin1'));
  }

  /** Takes the next bytes; answers with the whole lines that are ready, or null. A carriage return ends a line too. */
  push(bytes: Uint8Array): MaskedChunk | null {
    this.#pending += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const lines = lastEnd(this.#pending);
    const overlong = this.#pending.length - lines > longestLine;
    if (lines === 0 && !overlong) return null;
    const ranges = this.#ranges();
    return this.#take(overlong ? cutBefore(this.#pending.length - overlap, lines, ranges) : lines, ranges);
  }

  /** Everything that is left: at the end of the log, or where a line cannot be waited for. */
  flush(): MaskedChunk | null {
    return this.#take(this.#pending.length, merged([...this.#ranges(), ...this.#begunSecrets()]));
  }

  /** What to mask, as places in `pending`. */
  #ranges(): Range[] {
    const text = this.#before + this.#pending;
    const shift = this.#before.length;
    const found = [
      ...this.#secrets.flatMap((secret) => placesOf(secret, text)),
      ...knownPatterns.flatMap(({ pattern, mayBeIn }) => (mayBeIn(text) ? placesMatching(pattern, text) : [])),
    ];
    const keys = keyLines(this.#pending, this.#inKey).ranges;
    return merged([...found.map(([start, end]): Range => [start - shift, end - shift]), ...keys]);
  }

  /** A declared secret that has only begun where the text ends. */
  #begunSecrets(): Range[] {
    const text = this.#pending;
    return this.#secrets.flatMap((secret): Range[] => {
      for (let length = Math.min(secret.length - 1, text.length); length >= shortestSecret; length -= 1) {
        if (text.endsWith(secret.slice(0, length))) return [[text.length - length, text.length]];
      }
      return [];
    });
  }

  #take(end: number, ranges: readonly Range[]): MaskedChunk | null {
    if (end === 0) return null;
    const text = this.#pending.slice(0, end);
    const ended = lastEnd(text);
    this.#inKey = keyLines(text, this.#inKey).open;
    this.#before = (ended > 0 ? text.slice(ended) : this.#before + text).slice(-overlap);
    this.#pending = this.#pending.slice(end);
    const from = this.#from;
    this.#from += end;
    return { from, to: this.#from, content: Buffer.from(masked(text, ranges), 'latin1') };
  }
}

/**
 * Words of a host, of ssh or of a package inside an error: they are stored and shown as a log is, so they are masked as
 * one. Every text of the reason is.
 */
export function maskedReason<Known extends Reason>(reason: Known, secrets: readonly string[]): Known {
  const entries = Object.entries(reason).map(([key, value]) => [
    key,
    key !== 'code' && typeof value === 'string' ? maskedText(value, secrets) : value,
  ]);
  return Object.fromEntries(entries) as Known;
}

function maskedText(text: string, secrets: readonly string[]): string {
  const mask = new LogMask(0, secrets);
  const chunks = [mask.push(Buffer.from(text)), mask.flush()].flatMap((chunk) => chunk?.content ?? []);
  return Buffer.concat(chunks).toString();
}

function placesOf(secret: string, text: string): Range[] {
  const places: Range[] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) places.push([at, at + secret.length]);
  return places;
}

function placesMatching(pattern: RegExp, text: string): Range[] {
  return [...text.matchAll(pattern)].flatMap(({ indices = [] }) => {
    const [whole, ...groups] = indices;
    const inner = groups.filter((group) => group !== undefined);
    return inner.length > 0 ? inner : whole ? [whole] : [];
  });
}

/** Behind the last newline or carriage return; 0: the text has none. */
function lastEnd(text: string): number {
  const newline = text.lastIndexOf('\n') + 1;
  return newline + text.slice(newline).lastIndexOf('\r') + 1;
}

/** In order, none touching another: secrets may overlap, and one may be part of another. */
function merged(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Where an endless line may be cut at the latest: not inside of what is to be masked, unless that is all there is. */
function cutBefore(wanted: number, least: number, ranges: readonly Range[]): number {
  const across = ranges.find(([start, end]) => start < wanted && wanted < end);
  if (!across) return wanted;
  return across[0] > least ? across[0] : across[1];
}

function masked(text: string, ranges: readonly Range[]): string {
  let result = '';
  let at = 0;
  for (const [start, end] of ranges) {
    if (end <= at || start >= text.length) continue;
    result += text.slice(at, Math.max(at, start)) + mark;
    at = Math.min(end, text.length);
  }
  return result + text.slice(at);
}
