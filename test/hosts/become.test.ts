import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { currentVersion, install, planOf } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { pathFolder, which } from '../support/shells.ts';

const at = { transport: 'local', become: 'sudo' } as const;
const soon = { connectTimeoutMs: 1_000 };

/** The machine's own sudo, where its user may use it without a password; else one of ours that does what `sudo -n` does. */
const real = which('sudo') !== null && userInfo().uid === 0;

function pathWith(script: string): string {
  const folder = pathFolder();
  writeFileSync(join(folder, 'sudo'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'sudo'), 0o755);
  return `${folder}:${process.env['PATH']}`;
}

const ours = '[ "$1" = -n ] && shift; exec env -i PATH="$PATH" SUDO_USER=deploy "$@"';

describe('a host whose runner becomes root', () => {
  test(`runs its hooks behind ${real ? "the machine's sudo -n" : 'a sudo of the test that takes the environment away'}`, async () => {
    const root = await hostRoot();
    const env = real ? process.env : { ...process.env, PATH: pathWith(ours) };
    const session = await localDriver({ env }).open(at, soon);
    const built = await buildPackage({ version: '1.0.0', hooks: { 'post-install': 'echo "for $SUDO_USER: $SITE"' } });
    const run = await install(session, planOf(root, '1.0.0', built, { environment: { SITE: 'plant' } }), built);
    expect(run.final.outcome).toBe('succeeded');
    expect(run.log.toString()).toMatch(/^for \S+: plant\n$/);
    expect(currentVersion(root)).toBe('1.0.0');
  });

  test('that sudo does not let through is refused with its words and the next step, and nothing is touched', async () => {
    const root = await hostRoot();
    const env = { ...process.env, PATH: pathWith('echo "sudo: a password is required" >&2; exit 1') };
    const session = await localDriver({ env }).open(at, soon);
    const built = await buildPackage({ version: '1.0.0' });
    await expect(install(session, planOf(root, '1.0.0', built), built)).rejects.toMatchObject({
      code: 'become_refused',
      message: expect.stringMatching(/a password is required.*NOPASSWD/s),
    });
    expect(currentVersion(root)).toBe(null);
  });
});
