/**
 * What a secret looks like when nobody declared it; where there are groups, only they are masked, so the line stays
 * readable. Blanks are spelled out: in Latin-1 a part of an accented letter would count as one. Every repeat that can
 * fail late is bounded: hooks write what they like, and a line of 64 KiB must not take seconds.
 */
export interface SecretPattern {
  readonly pattern: RegExp;
  /** False only where the pattern cannot match: finding that out costs a tenth of looking for it. */
  readonly mayBeIn: (text: string) => boolean;
}

const always = () => true;
const having =
  (...parts: string[]) =>
  (text: string) =>
    parts.some((part) => text.includes(part));

export const knownPatterns: readonly SecretPattern[] = [
  { pattern: /\bA[KS]IA[0-9A-Z]{16}\b/dg, mayBeIn: always },
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{20,}/dg, mayBeIn: always },
  { pattern: /\bgithub_pat_[A-Za-z0-9_]{20,}/dg, mayBeIn: having('github_pat_') },
  { pattern: /\bglpat-[A-Za-z0-9_-]{20,}/dg, mayBeIn: having('glpat-') },
  { pattern: /\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,}/dg, mayBeIn: having('xox', 'xapp-') },
  { pattern: /\bsb_[A-Za-z0-9_-]{20,}/dg, mayBeIn: having('sb_') },
  { pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,16000}\.[A-Za-z0-9_-]{5,}/dg, mayBeIn: always },
  { pattern: /\bbearer[ \t]{1,8}([A-Za-z0-9._~+/=-]{16,})/dgi, mayBeIn: always },
  {
    pattern:
      /(?:pass(?:word|wd|phrase)|secret|token|(?:api|access|private|secret)[_-]?key)["']?[ \t]{0,8}(?:=>|:=|[=:])[ \t]{0,8}(?:"([^"\r\n]{4,})"|'([^'\r\n]{4,})'|["']?([^\x00-\x20"']{4,}))/dgi,
    mayBeIn: (text) => assignsSecret(text, ':') || assignsSecret(text, '='),
  },
  {
    pattern: /\b[Aa]uthorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?[Bb]asic[ \t]{1,8}([A-Za-z0-9+/=]{6,})/dg,
    mayBeIn: having('asic'),
  },
  // A key in JSON or in an environment variable: its line breaks are written out.
  {
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----((?:\\[nr]|[A-Za-z0-9+/= ]){16,16000})/dg,
    mayBeIn: having('PRIVATE KEY-----'),
  },
  {
    pattern: /--(?:pass(?:word|wd|phrase)|secret|token|api-key)[ \t]{1,8}([^\x00-\x20"'-][^\x00-\x20"']{3,})/dgi,
    mayBeIn: having('--'),
  },
  { pattern: /:\/\/[^\x00-\x20/:@]{0,64}:([^\x00-\x20/@]{3,1000})@/dg, mayBeIn: having('://') },
];

/** How the words end that a value is given to, in lower case: passWORD, passWD, passphraSE, secrET, tokEN, kEY. */
const wordEnds = new Set(
  ['rd', 'wd', 'se', 'et', 'en', 'ey'].map((end) => pairOf(end.charCodeAt(0), end.charCodeAt(1))),
);
const words = /(?:pass(?:word|wd|phrase)|secret|token|key)$/i;
const longestWord = 'passphrase'.length;

/** Whether the sign stands behind one of the words anywhere. Most signs stand behind a digit or another letter. */
function assignsSecret(text: string, sign: ':' | '='): boolean {
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    const end = wordEndBefore(text, at);
    if (wordEnds.has(pairOf(text.charCodeAt(end - 2), text.charCodeAt(end - 1)))) {
      if (words.test(text.slice(Math.max(0, end - longestWord), end))) return true;
    }
  }
  return false;
}

/** Back over at most eight blanks and one quote. */
function wordEndBefore(text: string, sign: number): number {
  let end = sign;
  while (end > sign - 8 && isBlank(text.charCodeAt(end - 1))) end -= 1;
  const before = text.charCodeAt(end - 1);
  return before === 0x22 || before === 0x27 ? end - 1 : end;
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** Two letters as one number, in lower case. */
function pairOf(first: number, second: number): number {
  return ((first | 0x20) << 8) | (second | 0x20);
}
