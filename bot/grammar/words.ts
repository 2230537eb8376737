/** A word as it was typed, and what it says without its quotes. */
export interface Word {
  readonly value: string;
  readonly raw: string;
  /** All of it stood in quotes: text, never a keyword or an option. */
  readonly quoted: boolean;
}

/**
 * The words of a line. Quotes, single or double, keep spaces together; they open at the beginning of a word and after `=`
 * or `,`, and close at its end, so that an apostrophe stays one. Inside double quotes `\"` and `\\` are `"` and `\`.
 * Null: a double quote is never closed.
 */
export function wordsOf(text: string): readonly Word[] | null {
  const words: Word[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const word = readWord(text, at);
    if (word === null) return null;
    words.push(word);
    at += word.raw.length;
  }
  return words;
}

function readWord(text: string, start: number): Word | null {
  let value = '';
  let quoted = false;
  let at = start;
  while (at < text.length && text[at] !== ' ') {
    const sign = text[at] ?? '';
    const opens = (sign === '"' || sign === "'") && (at === start || /[=,]/u.test(text[at - 1] ?? ''));
    const close = opens ? closeOf(text, at) : -1;
    if (opens && close < 0 && sign === '"') return null;
    if (close < 0) {
      value += sign;
      at += 1;
      continue;
    }
    const inside = text.slice(at + 1, close);
    value += sign === '"' ? inside.replace(/\\(["\\])/gu, '$1') : inside;
    quoted = at === start && (close + 1 === text.length || text[close + 1] === ' ');
    at = close + 1;
  }
  return { value, raw: text.slice(start, at), quoted };
}

/** The quote that closes the one at `open`: with a space, a comma or nothing behind it. */
function closeOf(text: string, open: number): number {
  const sign = text[open];
  for (let at = open + 1; at < text.length; at += 1) {
    if (sign === '"' && text[at] === '\\' && /["\\]/u.test(text[at + 1] ?? '')) at += 1;
    else if (text[at] === sign && /^[ ,]?$/u.test(text[at + 1] ?? '')) return at;
  }
  return -1;
}

/** The text as one word that `wordsOf` reads as this text again. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/gu, '\\$&')}"`;
}

/** As it is where that is one plain word, else in quotes. */
export function asWord(text: string): string {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.:/+@%=,-]*$/u.test(text) && !text.endsWith(',') ? text : quoted(text);
}
