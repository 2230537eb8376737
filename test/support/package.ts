/** Builds release packages for tests, the hostile ones included: entries go into the tar as they are given. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import type { Pack } from 'tar-stream';

export interface BuiltPackage {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly size: number;
}

type Headers = Exclude<Parameters<Pack['entry']>[0], undefined>;
export type Entry = Headers & { readonly content?: string | Buffer };

/** A gzipped tar of exactly these entries. */
export async function packEntries(entries: readonly Entry[]): Promise<BuiltPackage> {
  const pack = tar.pack();
  for (const { content = '', ...header } of entries) {
    if (header.type && header.type !== 'file') pack.entry(header);
    else pack.entry(header, content);
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return sealed(gzipSync(Buffer.concat(chunks), { level: 1 }));
}

export function sealed(bytes: Buffer): BuiltPackage {
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

export interface PackageContent {
  readonly product?: string;
  readonly version: string;
  /** Shell scripts by hook name. */
  readonly hooks?: Readonly<Record<string, string>>;
  readonly extra?: readonly Entry[];
}

/** A sound package: release.json, hooks/, and one file that names the version. */
export function buildPackage({
  product = 'shop',
  version,
  hooks = {},
  extra = [],
}: PackageContent): Promise<BuiltPackage> {
  const scripts = Object.entries(hooks).map(([name, script]) => ({
    name: `hooks/${name}`,
    mode: 0o755,
    content: `#!/bin/sh\n${script}\n`,
  }));
  return packEntries([
    { name: 'release.json', content: JSON.stringify({ product, version }) },
    { name: 'VERSION', content: `${version}\n` },
    { name: 'hooks/', type: 'directory', mode: 0o755 },
    ...scripts,
    ...extra,
  ]);
}
