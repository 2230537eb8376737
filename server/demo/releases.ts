import { join } from 'node:path';
import { parseSecretKey } from '../feeds/minisign.ts';
import { buildPackage, type PackageDescription } from '../feeds/package-build.ts';
import { writeFeedIndex } from '../feeds/index-write.ts';

export const product = 'orders';

interface DemoRelease {
  version: string;
  notes: string;
  labels?: Record<string, string>;
  /** Shell of the post-install hook, after the part that all share. */
  postInstall?: string;
}

/**
 * Releases of a made-up order service. Their hooks are real shell: they take a while, print what a service would, and
 * 4.3.0 really fails on a host that lacks what it needs.
 */
export const releases: readonly DemoRelease[] = [
  { version: '4.1.0', notes: 'First release for this line.\n\n- Takes orders\n- Prints labels' },
  { version: '4.2.0', notes: 'Faster label printing.\n\n- Labels in one pass\n- Fixes the late stock count' },
  {
    version: '4.3.0',
    notes: 'Needs the new scanner driver.\n\n- Scans two codes at once\n- Hosts without the driver must get it first',
    labels: { channel: 'candidate' },
    postInstall: [
      'if [ ! -e "$SIGNALBOX_ROOT/scanner-driver" ]; then',
      '  echo "scanner: driver not found in $SIGNALBOX_ROOT" >&2',
      '  exit 3',
      'fi',
      'echo "scanner: driver 7 found"',
    ].join('\n'),
  },
];

/** Builds the packages, signs them and writes the index, so that any static web server is the feed. */
export async function buildFeed(folder: string, secretKey: string, now: number): Promise<void> {
  for (const release of releases) {
    await buildPackage(describe(release), join(folder, product, `${product}-${release.version}.tar.gz`));
  }
  await writeFeedIndex(join(folder, product), product, { sign: { key: parseSecretKey(secretKey), now } });
}

function describe({ version, notes, labels = {}, postInstall = '' }: DemoRelease): PackageDescription {
  return {
    manifest: {
      product,
      version,
      notes,
      labels,
      hooks: {
        'pre-install': { timeoutSeconds: 30 },
        'post-install': { timeoutSeconds: 30 },
        health: { timeoutSeconds: 20 },
      },
    },
    files: {
      'hooks/pre-install': shell(
        `echo "${product} ${version}: checking the database"\nsleep 0.4\necho "schema is current"`,
      ),
      'hooks/post-install': shell(
        `echo "${product} ${version}: starting"\nsleep 0.6\n${postInstall}\necho "listening"`,
      ),
      'hooks/health': shell('sleep 0.2\necho "3 of 3 checks passed"'),
      'bin/orders': { content: shell(`echo orders ${version}`), mode: 0o755 },
      'share/catalog.bin': filler(version, 600_000),
    },
  };
}

function shell(script: string): string {
  return `#!/bin/sh\n${script}\n`;
}

/** Bytes that do not compress away, the same for the same seed, so that a download and a transfer take their time. */
function filler(seed: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = [...seed].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
