import { totpCode, totpStep } from '../../server/services/people/totp.ts';

/** What an authenticator app shows for this secret at `now`, epoch milliseconds. */
export function codeAt(secret: string, now: number): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return totpCode(
    Uint8Array.from(bytes, (byte) => parseInt(byte, 2)),
    totpStep(now),
  );
}
