import { readFile } from 'node:fs/promises';
import type { ArtifactDigest } from './artifact-digest.ts';
import { DownloadError } from './download-error.ts';
import { MinisignError, parsePublicKey, parseSignature, signingKey, verifySignature } from './minisign.ts';

/** What a product says about signatures, and where the one of this artifact is. */
export interface SignatureDemand {
  /** The `.minisig` text itself; goes before `url`. */
  readonly text?: string | undefined;
  readonly url?: URL | string | undefined;
  /** The product's minisign public keys. Without any, a signature that is not demanded is not looked at. */
  readonly publicKeys: readonly string[];
  readonly required: boolean;
}

/** A signature that has been found good. */
export interface ArtifactSignature {
  readonly text: string;
  readonly keyId: string;
  readonly trustedComment: string;
}

/** Legacy signatures are over the file itself, which is then read into memory; larger files need the prehashed form. */
const LEGACY_LIMIT_BYTES = 64 * 1024 * 1024;

/** Refuses before anything is downloaded what can be refused from the signature alone. Throws DownloadError. */
export function judgeSignatureForm(text: string | null, demand: SignatureDemand): void {
  if (text !== null) {
    asDownloadError(() => signingKey(parseSignature(text), demand.publicKeys.map(parsePublicKey)));
  } else if (demand.required) {
    throw new DownloadError(
      'signature_missing',
      'The product demands a signature and the feed has none for this release. Sign the package and publish its .minisig file.',
    );
  }
}

/** Verifies a signature against the artifact at `path`. Throws DownloadError `signature_invalid` or `unknown_key`. */
export async function verifyArtifactSignature(
  text: string,
  publicKeys: readonly string[],
  digest: ArtifactDigest,
  path: string,
): Promise<ArtifactSignature> {
  try {
    const signature = parseSignature(text);
    const read = digest.size <= LEGACY_LIMIT_BYTES ? () => readFile(path) : undefined;
    const { keyId } = await verifySignature(signature, publicKeys.map(parsePublicKey), {
      blake2b512: digest.blake2b512,
      read,
    });
    return { text, keyId, trustedComment: signature.trustedComment };
  } catch (error) {
    throw signatureError(error);
  }
}

function asDownloadError(judge: () => unknown): void {
  try {
    judge();
  } catch (error) {
    throw signatureError(error);
  }
}

function signatureError(error: unknown): unknown {
  if (!(error instanceof MinisignError)) return error;
  return new DownloadError(error.code === 'unknown_key' ? 'unknown_key' : 'signature_invalid', error.message);
}
