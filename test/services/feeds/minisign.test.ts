import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  generateKeyPair,
  parsePublicKey,
  parseSecretKey,
  parseSignature,
  signDigest,
  signLegacy,
  verifySignature,
} from '../../../server/feeds/minisign.ts';

/** Made by minisign itself over the four bytes `test`: the vectors of the minisign-verify library. */
const KNOWN_KEY = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
const KNOWN_PREHASHED = `untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
`;
const KNOWN_LEGACY = `untrusted comment: signature from minisign secret key
RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=
trusted comment: timestamp:1555779966\tfile:test
QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==
`;

const content = (bytes: Buffer) => ({
  blake2b512: createHash('blake2b512').update(bytes).digest(),
  read: async () => bytes,
});

describe('minisign', () => {
  test.each([
    ['prehashed', KNOWN_PREHASHED],
    ['legacy', KNOWN_LEGACY],
  ] as const)('accepts a %s signature that minisign itself made', async (algorithm, text) => {
    const signature = parseSignature(text);
    expect(signature.algorithm).toBe(algorithm);
    const signer = await verifySignature(signature, [parsePublicKey(KNOWN_KEY)], content(Buffer.from('test')));
    expect(signer.keyId).toBe('E7620F1842B4E81F');
    expect(signature.trustedComment).toMatch(/^timestamp:\d+\tfile:test$/);
  });

  test.each([KNOWN_PREHASHED, KNOWN_LEGACY])('refuses a known signature over other bytes', async (text) => {
    const judged = verifySignature(parseSignature(text), [parsePublicKey(KNOWN_KEY)], content(Buffer.from('Test')));
    await expect(judged).rejects.toMatchObject({ code: 'wrong_signature' });
  });

  test('refuses a trusted comment that was changed after signing', async () => {
    const changed = parseSignature(KNOWN_PREHASHED.replace('timestamp:1556193335', 'timestamp:1556193336'));
    const judged = verifySignature(changed, [parsePublicKey(KNOWN_KEY)], content(Buffer.from('test')));
    await expect(judged).rejects.toMatchObject({
      code: 'wrong_signature',
      message: expect.stringContaining('trusted comment'),
    });
  });

  test('names both keys when a signature is by an unknown one', async () => {
    const other = parsePublicKey(generateKeyPair().publicKey);
    const judged = verifySignature(parseSignature(KNOWN_PREHASHED), [other], content(Buffer.from('test')));
    await expect(judged).rejects.toMatchObject({
      code: 'unknown_key',
      message: expect.stringContaining(`E7620F1842B4E81F; trusted: ${other.keyId}`),
    });
  });

  test('refuses a forged signature that borrows the id of a trusted key', async () => {
    const forger = parseSecretKey(generateKeyPair().secretKey);
    const victim = parsePublicKey(KNOWN_KEY);
    const digest = content(Buffer.from('evil'));
    const forged = signDigest(digest.blake2b512, { ...forger, keyId: victim.keyId }, 'timestamp:1');
    const judged = verifySignature(parseSignature(forged), [victim], digest);
    await expect(judged).rejects.toMatchObject({ code: 'wrong_signature' });
  });

  test('judges no legacy signature without the content', async () => {
    const { blake2b512 } = content(Buffer.from('test'));
    const judged = verifySignature(parseSignature(KNOWN_LEGACY), [parsePublicKey(KNOWN_KEY)], { blake2b512 });
    await expect(judged).rejects.toMatchObject({ code: 'legacy_too_large' });
  });

  test('whatever is signed verifies under its own key, and not once a bit of it has changed', async () => {
    const key = parseSecretKey(generateKeyPair().secretKey);
    const publicKey = parsePublicKey(key.publicKey);
    const comment = fc.string().filter((text) => !/[\r\n]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), comment, fc.boolean(), async (bytes, trusted, legacy) => {
        const original = Buffer.from(bytes);
        const text = legacy
          ? signLegacy(original, key, trusted)
          : signDigest(content(original).blake2b512, key, trusted);
        const signature = parseSignature(text);
        expect(signature.trustedComment).toBe(trusted);
        await verifySignature(signature, [publicKey], content(original));
        const changed = Buffer.from(original);
        changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
        await expect(verifySignature(signature, [publicKey], content(changed))).rejects.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  test('reads its own key files, with and without the comment line, and with Windows line ends', () => {
    const { publicKey, secretKey } = generateKeyPair();
    const id = parseSecretKey(secretKey).keyId;
    expect(parsePublicKey(publicKey).keyId).toBe(id);
    expect(parsePublicKey(publicKey.split('\n')[1] ?? '').keyId).toBe(id);
    expect(parsePublicKey(publicKey.replaceAll('\n', '\r\n')).keyId).toBe(id);
    expect(parseSecretKey(secretKey).publicKey).toBe(publicKey);
  });

  test.each(['', 'RWQ', KNOWN_KEY.slice(0, -4), `${KNOWN_KEY}AAAA`, KNOWN_KEY.replace('RW', 'XX'), `${KNOWN_KEY}!`])(
    'refuses %j as a public key',
    (text) => {
      expect(() => parsePublicKey(text)).toThrow(expect.objectContaining({ code: 'malformed_key' }));
    },
  );

  test('tells a secret key that is protected by a password from one that is damaged', () => {
    const { secretKey } = generateKeyPair();
    const [comment = '', body = ''] = secretKey.split('\n');
    const bytes = Buffer.from(body, 'base64');
    const encrypted = Buffer.from(bytes);
    encrypted.write('Sc', 2, 'latin1');
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(70) ^ 1, 70);
    const file = (content: Buffer) => `${comment}\n${content.toString('base64')}\n`;
    expect(() => parseSecretKey(file(encrypted))).toThrow(expect.objectContaining({ code: 'encrypted_key' }));
    expect(() => parseSecretKey(file(damaged))).toThrow(expect.objectContaining({ code: 'malformed_key' }));
  });

  test.each([
    ['an empty text', ''],
    ['a page of HTML', '<html>\n<body>\n</body>\n</html>\n'],
    ['a missing global signature', KNOWN_PREHASHED.split('\n').slice(0, 3).join('\n')],
    ['a line too many', `${KNOWN_PREHASHED}more\n`],
    ['base64 with a hole', KNOWN_PREHASHED.replace('RUQf', 'RUQ f')],
    ['another algorithm', KNOWN_PREHASHED.replace('RUQf', 'QUQf')],
  ])('refuses %s as a signature', (_what, text) => {
    expect(() => parseSignature(text)).toThrow(expect.objectContaining({ code: 'malformed_signature' }));
  });
});
