/** Private keys in PEM stand on many lines, which no pattern for one line sees. Rule: what leads from BEGIN to END is masked. */

const MARK = 'PRIVATE KEY-----';
const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[ \t]*$/;
/** Base64, a header such as `Proc-Type: 4,ENCRYPTED`, or nothing. Any other line ends the key, its END line among them. */
const BODY = /^[ \t]*(?:[A-Za-z0-9+/=]{0,200}|(?:Proc-Type|DEK-Info): [A-Za-z0-9,-]{1,100})[ \t]*$/;

export interface KeyLines {
  /** What to mask, line by line. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  /** Whether a key is open behind the last line that has ended. */
  readonly open: boolean;
}

/** The lines of private keys in a text. `open`: one has begun before it. */
export function keyLines(text: string, open: boolean): KeyLines {
  if (!open && !text.includes(MARK)) return { ranges: [], open: false };
  const ranges: [number, number][] = [];
  let inside = open;
  let at = 0;
  for (const line of text.split(/[\r\n]/)) {
    const end = at + line.length;
    const body = inside && BODY.test(line);
    if (body && line.trim() !== '') ranges.push([at, end]);
    // A line that goes on decides nothing yet.
    if (end < text.length) inside = body || BEGIN.test(line);
    at = end + 1;
  }
  return { ranges, open: inside };
}
