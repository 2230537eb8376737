/** Downloads that end without a package, with nothing of it kept; each with the code that says why. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DownloadErrorCode } from '../../../server/feeds/download-error.ts';
import { generateKeyPair, signDigest, type MinisignSecretKey } from '../../../server/feeds/minisign.ts';
import type { PackageErrorCode } from '../../../server/feeds/package-error.ts';
import type { Context } from '../../../server/services/context.ts';
import type { Fault } from '../faulty-feed.ts';
import type { BuiltPackage, PackageContent } from '../package.ts';

/** What a row may do to how its package is published. */
export interface Publishing {
  readonly built: BuiltPackage;
  /** A key that signs. */
  readonly key: MinisignSecretKey;
  /** What the feed serves. */
  readonly folder: string;
  readonly url: string;
}

interface Published {
  /** What the fleet file says of the product. */
  readonly product?: object;
  /** What the feed's index says of the release. */
  readonly release?: Record<string, unknown>;
  readonly fault?: Fault;
}

export interface RefusedDownload {
  readonly what: string;
  readonly code: DownloadErrorCode | PackageErrorCode | 'manifest_mismatch';
  readonly content?: Partial<PackageContent>;
  readonly settings?: Partial<Context['config']>;
  readonly publish?: (publishing: Publishing) => Promise<Published>;
}

export const REFUSED_DOWNLOADS: readonly RefusedDownload[] = [
  { what: 'a manifest that names another product', code: 'manifest_mismatch', content: { product: 'shop' } },
  { what: 'a manifest that names another version', code: 'manifest_mismatch', content: { version: '9.9.9' } },
  {
    what: 'a package that climbs out of its folder',
    code: 'parent_path',
    content: { extra: [{ name: '../../etc/passwd', content: 'x' }] },
  },
  {
    what: 'a package that links out of its folder',
    code: 'link_escapes',
    content: { extra: [{ name: 'a', type: 'symlink', linkname: '/etc' }] },
  },
  {
    what: 'a package that unpacks to more than this server allows',
    code: 'too_large',
    settings: { unpackLimitBytes: 100_000 },
  },
  {
    what: 'one wrong byte',
    code: 'digest_mismatch',
    publish: async () => ({ fault: { kind: 'corrupt', atByte: 300_000 } }),
  },
  {
    what: 'another digest than the feed says',
    code: 'digest_mismatch',
    publish: async () => ({ release: { digest: 'ab'.repeat(32) } }),
  },
  {
    what: 'more bytes than the feed says',
    code: 'size_mismatch',
    publish: async () => ({ fault: { kind: 'append', bytes: 1 } }),
  },
  {
    what: 'fewer bytes than the feed says',
    code: 'size_mismatch',
    publish: async ({ built }) => ({ release: { size: built.size + 1 } }),
  },
  {
    what: 'a page instead of the package',
    code: 'bad_status',
    publish: async () => ({ fault: { kind: 'status', status: 404 } }),
  },
  {
    what: 'no signature where the product demands one',
    code: 'signature_missing',
    publish: async ({ key }) => ({ product: demands(key.publicKey) }),
  },
  {
    what: 'a signature over another package',
    code: 'signature_invalid',
    publish: (publishing) => signed(publishing, Buffer.from('another'), publishing.key.publicKey),
  },
  {
    what: 'a page instead of the signature',
    code: 'signature_invalid',
    publish: async ({ key, folder, url }) => {
      await writeFile(join(folder, '1.0.0.minisig'), '<html>Please sign in</html>');
      return { product: demands(key.publicKey), release: { signatureUrl: `${url}1.0.0.minisig` } };
    },
  },
  {
    what: 'a good signature by a key that was retired',
    code: 'unknown_key',
    publish: (publishing) => signed(publishing, publishing.built.bytes, generateKeyPair().publicKey),
  },
];

/** Signed by `key`; the product trusts `trusted` alone. */
async function signed({ key, folder, url }: Publishing, bytes: Buffer, trusted: string): Promise<Published> {
  const text = signDigest(createHash('blake2b512').update(bytes).digest(), key, 'file:1.0.0.tar.gz');
  await writeFile(join(folder, '1.0.0.minisig'), text);
  return { product: demands(trusted), release: { signatureUrl: `${url}1.0.0.minisig` } };
}

const demands = (key: string) => ({ signingKeys: [bare(key)], signatureRequired: true });

/** Without the comment line, as a fleet file has it. */
const bare = (key: string) => key.split('\n').find((line) => line.startsWith('RW'));
