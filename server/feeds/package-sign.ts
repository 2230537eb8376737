import { basename } from 'node:path';
import { digestFile } from './artifact-digest.ts';
import { writeDurably } from './durable-file.ts';
import { signDigest, type MinisignSecretKey } from './minisign.ts';

/**
 * Signs a package and writes `<path>.minisig` beside it, as `minisign -S` does. `now`: epoch milliseconds, which the
 * trusted comment states. Returns the signature's text.
 */
export async function signPackage(path: string, secretKey: MinisignSecretKey, now: number): Promise<string> {
  const { blake2b512 } = await digestFile(path);
  const comment = `timestamp:${Math.floor(now / 1_000)}\tfile:${basename(path)}\thashed`;
  const text = signDigest(blake2b512, secretKey, comment);
  await writeDurably(`${path}.minisig`, text);
  return text;
}
