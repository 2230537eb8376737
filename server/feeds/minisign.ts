import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/**
 * Terminology
 *   prehashed      algorithm `ED`: Ed25519 over the BLAKE2b-512 of the file; what minisign writes today
 *   legacy         algorithm `Ed`: Ed25519 over the file itself, so it has to be held in memory
 *   trusted comment  a line covered by a second, "global" signature over signature + comment
 *   key id         eight bytes, shown as minisign shows them: a little-endian number in upper-case hex
 */

export type MinisignErrorCode =
  'malformed_key' | 'encrypted_key' | 'malformed_signature' | 'unknown_key' | 'wrong_signature' | 'legacy_too_large';

export class MinisignError extends Error {
  override readonly name = 'MinisignError';
  readonly code: MinisignErrorCode;
  constructor(code: MinisignErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface MinisignPublicKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface MinisignSecretKey {
  readonly keyId: string;
  readonly key: KeyObject;
  /** The two-line public key file that belongs to it. */
  readonly publicKey: string;
}

export interface MinisignSignature {
  readonly algorithm: 'prehashed' | 'legacy';
  readonly keyId: string;
  readonly signature: Buffer;
  readonly trustedComment: string;
  readonly globalSignature: Buffer;
}

/** What a signature is judged against: the BLAKE2b-512 of the file, and the file itself for a legacy signature. */
export interface SignedContent {
  readonly blake2b512: Buffer;
  readonly read?: (() => Promise<Buffer>) | undefined;
}

const PREHASHED = 'ED';
const LEGACY = 'Ed';
const SECRET_KEY_BYTES = 158;

/** A new key pair as the text of two files; the secret key is not encrypted (`minisign -W`), so keep it readable by its owner only. */
export function generateKeyPair(): { publicKey: string; secretKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d, x } = privateKey.export({ format: 'jwk' });
  const keyNumber = randomBytes(8);
  const point = Buffer.from(x ?? '', 'base64url');
  const body = Buffer.alloc(SECRET_KEY_BYTES);
  body.write(`${LEGACY}\0\0B2`, 0, 'latin1');
  Buffer.concat([keyNumber, Buffer.from(d ?? '', 'base64url'), point]).copy(body, 54);
  return {
    publicKey: publicKeyFile(keyNumber, point),
    secretKey: `untrusted comment: minisign secret key ${keyIdOf(keyNumber)}\n${body.toString('base64')}\n`,
  };
}

/** Reads a public key: the two lines of `minisign.pub`, or its second line alone. Throws `malformed_key`. */
export function parsePublicKey(text: string): MinisignPublicKey {
  const body = decodeBase64(keyLine(text), 42);
  if (body === undefined || body.toString('latin1', 0, 2) !== LEGACY) {
    throw new MinisignError(
      'malformed_key',
      'The signing key is not a minisign public key. Give the line that starts with "RW" from the .pub file.',
    );
  }
  return { keyId: keyIdOf(body.subarray(2, 10)), key: publicKeyObject(body.subarray(10)) };
}

/** Reads a secret key file that is not encrypted. Throws `malformed_key` or `encrypted_key`. */
export function parseSecretKey(text: string): MinisignSecretKey {
  const body = decodeBase64(keyLine(text), SECRET_KEY_BYTES);
  if (body === undefined || body.toString('latin1', 0, 2) !== LEGACY) {
    throw new MinisignError('malformed_key', 'The file is not a minisign secret key. Give the file that `-G` wrote.');
  }
  if (body[2] !== 0 || body[3] !== 0) {
    throw new MinisignError(
      'encrypted_key',
      'The minisign secret key is protected by a password. Remove it from a copy with `minisign -C -W -s <copy>`.',
    );
  }
  const [keyNumber, seed, point] = [body.subarray(54, 62), body.subarray(62, 94), body.subarray(94, 126)];
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: seed.toString('base64url'), x: point.toString('base64url') };
  const key = importKey(() => createPrivateKey({ key: jwk, format: 'jwk' }));
  return { keyId: keyIdOf(keyNumber), key, publicKey: publicKeyFile(keyNumber, point) };
}

/**
 * The text of a `.minisig` file over a BLAKE2b-512 digest (64 bytes).
 * `trustedComment` is one line; minisign writes `timestamp:<epoch seconds>\tfile:<name>\thashed` there.
 */
export function signDigest(blake2b512: Buffer, secretKey: MinisignSecretKey, trustedComment: string): string {
  return signatureFile(PREHASHED, blake2b512, secretKey, trustedComment);
}

/** As `signDigest`, in the legacy form over the content itself. */
export function signLegacy(content: Buffer, secretKey: MinisignSecretKey, trustedComment: string): string {
  return signatureFile(LEGACY, content, secretKey, trustedComment);
}

/** Reads a `.minisig` file without judging it. Throws `malformed_signature`. */
export function parseSignature(text: string): MinisignSignature {
  const [untrusted, first, trusted, second, ...rest] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const body = decodeBase64(first ?? '', 74);
  const globalSignature = decodeBase64(second ?? '', 64);
  const algorithm = body?.toString('latin1', 0, 2);
  if (
    body === undefined ||
    globalSignature === undefined ||
    (algorithm !== PREHASHED && algorithm !== LEGACY) ||
    !untrusted?.startsWith('untrusted comment: ') ||
    !trusted?.startsWith('trusted comment: ') ||
    rest.length > 0
  ) {
    throw new MinisignError(
      'malformed_signature',
      'The signature is not in minisign format (four lines). Sign the package again with `minisign -S`.',
    );
  }
  return {
    algorithm: algorithm === PREHASHED ? 'prehashed' : 'legacy',
    keyId: keyIdOf(body.subarray(2, 10)),
    signature: body.subarray(10),
    trustedComment: trusted.slice('trusted comment: '.length),
    globalSignature,
  };
}

/**
 * Judges a signature against the content and the keys that are trusted; returns the key that signed.
 * Throws `unknown_key`, `wrong_signature`, or `legacy_too_large` when a legacy one cannot be judged because `read` is absent.
 */
export async function verifySignature(
  signature: MinisignSignature,
  publicKeys: readonly MinisignPublicKey[],
  content: SignedContent,
): Promise<MinisignPublicKey> {
  const signer = signingKey(signature, publicKeys);
  if (signature.algorithm === 'legacy' && content.read === undefined) {
    throw new MinisignError(
      'legacy_too_large',
      'The signature has the legacy form and the package is too large for it. Sign it again with minisign 0.10 or later.',
    );
  }
  const signed = signature.algorithm === 'legacy' && content.read ? await content.read() : content.blake2b512;
  if (!verify(null, signed, signer.key, signature.signature)) {
    throw new MinisignError(
      'wrong_signature',
      `The signature by key ${signer.keyId} is not over this file. Publish the signature that belongs to it.`,
    );
  }
  const covered = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment)]);
  if (!verify(null, covered, signer.key, signature.globalSignature)) {
    throw new MinisignError(
      'wrong_signature',
      `The trusted comment was changed after key ${signer.keyId} signed it. Publish the original .minisig file.`,
    );
  }
  return signer;
}

/** The trusted key that a signature names. Throws `unknown_key`, before anything was downloaded or hashed. */
export function signingKey(signature: MinisignSignature, publicKeys: readonly MinisignPublicKey[]): MinisignPublicKey {
  const signer = publicKeys.find(({ keyId }) => keyId === signature.keyId);
  if (signer) return signer;
  const trusted = publicKeys.map(({ keyId }) => keyId).join(', ') || 'none';
  throw new MinisignError(
    'unknown_key',
    `The signature was made by key ${signature.keyId}; trusted: ${trusted}. Add the key to the product, or sign with a trusted one.`,
  );
}

function signatureFile(
  algorithm: string,
  signed: Buffer,
  secretKey: MinisignSecretKey,
  trustedComment: string,
): string {
  if (/[\r\n]/.test(trustedComment)) {
    throw new MinisignError('malformed_signature', 'A trusted comment is one line. Remove its line breaks.');
  }
  const signature = sign(null, signed, secretKey.key);
  const globalSignature = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), secretKey.key);
  const body = Buffer.concat([Buffer.from(algorithm, 'latin1'), keyNumberOf(secretKey.keyId), signature]);
  return [
    `untrusted comment: signature by minisign key ${secretKey.keyId}`,
    body.toString('base64'),
    `trusted comment: ${trustedComment}`,
    globalSignature.toString('base64'),
    '',
  ].join('\n');
}

function publicKeyFile(keyNumber: Buffer, point: Buffer): string {
  const body = Buffer.concat([Buffer.from(LEGACY, 'latin1'), keyNumber, point]);
  return `untrusted comment: minisign public key ${keyIdOf(keyNumber)}\n${body.toString('base64')}\n`;
}

function publicKeyObject(point: Buffer): KeyObject {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
  return importKey(() => createPublicKey({ key: jwk, format: 'jwk' }));
}

/** Node refuses a key whose halves do not belong together. */
function importKey(create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch (error) {
    throw new MinisignError('malformed_key', 'The minisign key is damaged. Restore it from its backup.', {
      cause: error,
    });
  }
}

function keyIdOf(keyNumber: Buffer): string {
  return Buffer.from(keyNumber).reverse().toString('hex').toUpperCase();
}

function keyNumberOf(keyId: string): Buffer {
  return Buffer.from(keyId, 'hex').reverse();
}

function keyLine(text: string): string {
  const lines = text.trim().split(/\r?\n/);
  return (lines[0]?.startsWith('untrusted comment:') ? lines[1] : lines[0])?.trim() ?? '';
}

/** Strict, because Buffer.from skips what it does not know and would read two different texts as one key. */
function decodeBase64(text: string, bytes: number): Buffer | undefined {
  const body = Buffer.from(text, 'base64');
  return body.length === bytes && body.toString('base64') === text ? body : undefined;
}
