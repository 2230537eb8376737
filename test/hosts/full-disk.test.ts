import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { currentVersion, install, planOf, releasesOn } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';

/** A small disk of its own, where this user may mount one (root in most containers); null elsewhere. */
async function smallDisk(): Promise<string | null> {
  const folder = join(await hostRoot(), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=700k', 'tmpfs', folder]).status !== 0) return null;
  onTestFinished(() => void spawnSync('umount', [folder]));
  return folder;
}

describe('a full disk (needs the right to mount a small one)', () => {
  test('is told as no_space at the step that met it, keeps what was current, and a retry with room succeeds', async (context) => {
    const root = await smallDisk();
    if (!root) return context.skip('no right to mount');
    const session = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
    const small = await buildPackage({ version: '1.0.0', hooks: { health: 'echo healthy' } });
    const swollen = await buildPackage({
      version: '2.0.0',
      extra: [{ name: 'zeros', content: Buffer.alloc(2_000_000) }],
    });
    const heavy = await buildPackage({ version: '3.0.0', extra: [{ name: 'noise', content: randomBytes(900_000) }] });

    expect((await install(session, planOf(root, '1.0.0', small), small)).final.outcome).toBe('succeeded');
    const unpacked = await install(session, planOf(root, '2.0.0', swollen), swollen);
    expect(unpacked.final).toMatchObject({ outcome: 'failed', step: 'unpack', code: 'no_space' });
    const sent = await install(session, planOf(root, '3.0.0', heavy), heavy);
    expect(sent.final).toMatchObject({ outcome: 'failed', step: 'preflight', code: 'no_space' });
    expect(sent.final.detail).toMatch(/bytes free, the package alone has/);
    expect(releasesOn(root)).toHaveLength(1);
    expect(currentVersion(root)).toBe('1.0.0');

    const filler = join(root, 'filler');
    fillUp(filler);
    const next = planOf(root, '1.1.0', small);
    await expect(install(session, next, small)).rejects.toMatchObject({ message: expect.stringMatching(/disk full/) });
    rmSync(filler);
    expect((await install(session, next, small)).final.outcome).toBe('succeeded');
  });
});

function fillUp(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4_096), { flag: 'a' });
  } catch {
    // full: that was the aim
  }
}
