import { describe, expect, test } from 'vitest';
import { base32, matchingStep, newTotpSecret, otpauthUri, totpCode } from '../../../server/services/people/totp.ts';

/** RFC 6238, appendix B: seconds, and the codes of 8 digits by SHA-1, SHA-256 and SHA-512. */
const vectors = [
  [59, '94287082', '46119246', '90693936'],
  [1_111_111_109, '07081804', '68084774', '25091201'],
  [1_111_111_111, '14050471', '67062674', '99943326'],
  [1_234_567_890, '89005924', '91819424', '93441116'],
  [2_000_000_000, '69279037', '90698825', '38618901'],
  [20_000_000_000, '65353130', '77737706', '47863826'],
] as const;

const seed = (bytes: number) => Buffer.from('1234567890'.repeat(7).slice(0, bytes));

describe('the codes of RFC 6238', () => {
  test.each(vectors)('at %i s', (seconds, sha1, sha256, sha512) => {
    const step = Math.floor(seconds / 30);
    const code = (algorithm: 'sha1' | 'sha256' | 'sha512', bytes: number) =>
      totpCode(seed(bytes), step, { digits: 8, algorithm });
    expect([code('sha1', 20), code('sha256', 32), code('sha512', 64)]).toEqual([sha1, sha256, sha512]);
  });

  test('of six digits are the last six, as apps show them', () => {
    const secret = base32(seed(20));
    expect(secret).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(matchingStep(secret, '287082', 59_000)).toBe(1);
    expect(matchingStep(secret, ' 287 082 ', 59_000)).toBe(1);
  });
});

describe('the window', () => {
  const secret = base32(seed(20));

  test('is one step to either side, to the millisecond', () => {
    const began = 1_111_111_080_000;
    const taken = (now: number) => matchingStep(secret, '081804', now);
    expect([taken(began - 30_001), taken(began - 30_000)]).toEqual([null, 37_037_036]);
    expect([taken(began + 59_999), taken(began + 60_000)]).toEqual([37_037_036, null]);
  });

  test.each(['', '28708', '2870820', 'abcdef', '287083'])('takes no other text: %j', (text) => {
    expect(matchingStep(secret, text, 59_000)).toBeNull();
  });
});

test('a new secret has 160 bits, and apps take it with its name from the link', () => {
  const secret = newTotpSecret();
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(newTotpSecret()).not.toBe(secret);
  const uri = new URL(otpauthUri(secret, 'ana+ops@example.com'));
  expect(uri.protocol + uri.host).toBe('otpauth:totp');
  expect(decodeURIComponent(uri.pathname)).toBe('/Signalbox:ana+ops@example.com');
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret,
    issuer: 'Signalbox',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});
