import { join } from 'node:path';
import { parseSecretKey } from '../feeds/minisign.ts';
import { buildPackage, type PackageDescription } from '../feeds/package-build.ts';
import { writeFeedIndex } from '../feeds/index-write.ts';

export const product = 'orders';
/** Its releases move by themselves: what its test environments say of them decides. */
export const canaryProduct = 'gauge';

export interface DemoRelease {
  version: string;
  notes: string;
  labels?: Record<string, string>;
  /** Shell of the post-install hook, after the part that all share. */
  postInstall?: string;
  /** Shell of the health hook, before the part that all share. */
  health?: string;
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

/** The first soaks and is promoted; the second turns bad on its test environments and is recalled; the third mends it. */
export const canaryReleases = {
  good: { version: '2.0.0', notes: 'Reads the pressure gauges of a line.' },
  bad: {
    version: '2.1.0',
    notes: 'Reads twice as often.',
    // Well while it is installed; a few checks later its queue has run full.
    postInstall: 'rm -f "$SIGNALBOX_ROOT/gauge-checks"',
    health: [
      'echo check >>"$SIGNALBOX_ROOT/gauge-checks"',
      'if [ "$(wc -l <"$SIGNALBOX_ROOT/gauge-checks")" -gt 4 ]; then',
      '  echo "queue: 4812 readings behind" >&2',
      '  exit 1',
      'fi',
    ].join('\n'),
  },
  mended: { version: '2.1.1', notes: 'Reads twice as often, and keeps up.' },
} as const satisfies Record<string, DemoRelease>;

/** Adds releases to a feed: builds the packages, signs them and writes the index, which any static web server can serve. */
export async function publish(
  feed: { folder: string; product: string; secretKey: string },
  added: readonly DemoRelease[],
  now: number,
): Promise<void> {
  const { folder, product: name, secretKey } = feed;
  for (const release of added) {
    await buildPackage(describe(name, release), join(folder, `${name}-${release.version}.tar.gz`));
  }
  await writeFeedIndex(folder, name, { sign: { key: parseSecretKey(secretKey), now } });
}

function describe(name: string, release: DemoRelease): PackageDescription {
  const { version, notes, labels = {}, postInstall = '', health = '' } = release;
  return {
    manifest: {
      product: name,
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
        `echo "${name} ${version}: checking the database"\nsleep 0.4\necho "schema is current"`,
      ),
      'hooks/post-install': shell(`echo "${name} ${version}: starting"\nsleep 0.6\n${postInstall}\necho "listening"`),
      'hooks/health': shell(`sleep 0.2\n${health}\necho "3 of 3 checks passed"`),
      [`bin/${name}`]: { content: shell(`echo ${name} ${version}`), mode: 0o755 },
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
