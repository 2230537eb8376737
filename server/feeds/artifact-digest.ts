import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The digests of an artifact: SHA-256 identifies a release, BLAKE2b-512 is what minisign signs. */
export interface ArtifactDigest {
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly blake2b512: Buffer;
}

/** Collects bytes as they pass; `end` may be called once. */
export interface RunningDigest {
  add(chunk: Uint8Array): void;
  end(): ArtifactDigest;
}

export function startDigest(): RunningDigest {
  const sha256 = createHash('sha256');
  const blake2b512 = createHash('blake2b512');
  let size = 0;
  return {
    add(chunk) {
      sha256.update(chunk);
      blake2b512.update(chunk);
      size += chunk.byteLength;
    },
    end: () => ({ size, sha256: sha256.digest('hex'), blake2b512: blake2b512.digest() }),
  };
}

/** Feeds a whole file into a digest, or its first `bytes`. */
export async function digestInto(
  digest: RunningDigest,
  path: string,
  options: { bytes?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  if (options.bytes === 0) return;
  const end = options.bytes === undefined ? undefined : options.bytes - 1;
  for await (const chunk of createReadStream(path, { end, signal: options.signal, highWaterMark: 256 * 1024 })) {
    digest.add(chunk as Buffer);
  }
}

export async function digestFile(path: string, signal?: AbortSignal): Promise<ArtifactDigest> {
  const digest = startDigest();
  await digestInto(digest, path, { signal });
  return digest.end();
}
