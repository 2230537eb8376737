import { createHmac, randomBytes } from 'node:crypto';

/** Time-based one-time passwords, as every authenticator app makes them: RFC 6238 with SHA-1, 30 s and 6 digits. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** Clocks of phones differ; one step to either side is what the RFC recommends. */
const WINDOW_STEPS = [0, -1, 1] as const;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A new secret of 160 bits, the length of SHA-1, in base32. */
export function newTotpSecret(): string {
  return base32(randomBytes(20));
}

/** Number of the step in which this instant lies. `now`: epoch milliseconds. */
export function totpStep(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** The code of one step. Rule: RFC 4226, section 5.3. */
export function totpCode(
  key: Uint8Array,
  step: number,
  { digits = DIGITS, algorithm = 'sha1' }: { digits?: number; algorithm?: 'sha1' | 'sha256' | 'sha512' } = {},
): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(algorithm, key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** The step whose code this is, if it is near `now`; null for any other text. */
export function matchingStep(secret: string, code: string, now: number): number | null {
  const key = fromBase32(secret);
  const digits = code.replaceAll(/\s/g, '');
  const at = totpStep(now);
  const offset = WINDOW_STEPS.find((steps) => totpCode(key, at + steps) === digits);
  return offset === undefined ? null : at + offset;
}

/** What an authenticator app takes the secret from, as a link or as a QR code. */
export function otpauthUri(secret: string, email: string): string {
  const label = `Signalbox:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=Signalbox&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`;
}

/** RFC 4648 without padding: apps take it so, and so do people who type it. */
export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2)));
}
