/** What a secret looks like when nobody declared it. Each matches only the secret part, so the line stays readable. */
const knownPatterns = [
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bsb_[A-Za-z0-9_-]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/g,
  /(?<=\b(?:password|passwd|secret|token|api[_-]?key)\s*[=:]\s*["']?)[^\s"']{4,}/gi,
  /(?<=:\/\/[^\s/:@]{1,64}:)[^\s/@]{3,}(?=@)/g,
];
const mark = '********';
/** A line longer than this is cut for masking, so that endless output without a newline cannot grow memory. */
const longestLine = 64 * 1024;

export interface MaskedChunk {
  /** Offsets in the host's own log: from where this chunk was made, and where to read on after it. */
  from: number;
  to: number;
  content: Uint8Array;
}

/**
 * Masks secrets before a line is stored. Bytes go in as the host sends them, whole lines come out; what is no text
 * passes through unchanged, byte for byte.
 */
export class LogMask {
  #pending = '';
  #from: number;
  readonly #secrets: readonly string[];

  constructor(offset: number, secrets: readonly string[]) {
    this.#from = offset;
    // Latin-1 holds each byte as one character, so masking text cannot damage what is not UTF-8.
    this.#secrets = secrets.filter((s) => s.length >= 4).map((s) => Buffer.from(s, 'utf8').toString('latin1'));
  }

  /** Takes the next bytes; answers with the whole lines that are ready, or null. */
  push(bytes: Uint8Array): MaskedChunk | null {
    this.#pending += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const end = this.#pending.lastIndexOf('\n') + 1;
    return this.#take(end === 0 && this.#pending.length > longestLine ? this.#pending.length : end);
  }

  /** Everything that is left: at the end of the log, or when a line has stood unfinished for a while. */
  flush(): MaskedChunk | null {
    return this.#take(this.#pending.length);
  }

  #take(end: number): MaskedChunk | null {
    if (end === 0) return null;
    const text = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end);
    const from = this.#from;
    this.#from += text.length;
    return { from, to: this.#from, content: Buffer.from(masked(text, this.#secrets), 'latin1') };
  }
}

function masked(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, mark);
  for (const pattern of knownPatterns) result = result.replace(pattern, mark);
  return result;
}
