import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { cancelFollowed } from '../../server/hosts/cancel-attempt.ts';
import type { SshPlace } from '../../server/hosts/contract.ts';
import { follow, nothingHeard, planOf } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { sshDrivers, type SshDriverUnderTest } from '../support/ssh-drivers.ts';
import { startSshd } from '../support/sshd.ts';
import { hasSshd } from '../support/transports.ts';
import { until } from '../support/until.ts';

const NAMES = ['ssh2', 'openssh'] as const satisfies SshDriverUnderTest['name'][];

let folder: string;
let drivers: Awaited<ReturnType<typeof sshDrivers>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-limits-'));
  drivers = await sshDrivers();
});
afterEach(async () => {
  await drivers.close();
  await rm(folder, { recursive: true, force: true });
});

/** OpenSSH's sshd with a limit of its own. */
async function limited(...settings: string[]): Promise<SshPlace> {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', 'host'], { cwd: folder });
  await writeFile(join(folder, 'authorized'), `${drivers.authorizedKey}\n`);
  const keys = [`HostKey ${folder}/host`, `AuthorizedKeysFile ${folder}/authorized`];
  const { port, user, close } = await startSshd(folder, [...keys, ...settings]);
  onTestFinished(() => close());
  return { host: '127.0.0.1', port, user, hostKeys: [(await readFile(join(folder, 'host.pub'), 'utf8')).trim()] };
}

describe.runIf(hasSshd()).each(NAMES)("sshd's own limits, met by %s (only where sshd is installed)", (name) => {
  test('more commands at once than MaxSessions allows: the one too many is refused as such, the line stays', async () => {
    const session = await drivers.driver(name).open(await limited('MaxSessions 1'));
    onTestFinished(() => session.close());
    const first = await session.exec('cat');
    await first.write(Buffer.from('here'));
    // Its answer says that it is open; leaving a loop over its output would close it.
    await first.stdout[Symbol.asyncIterator]().next();
    const second = session.exec('echo too many').then((channel) => channel.exit);
    await expect(second).rejects.toMatchObject({ code: 'channel_refused', retryable: true });
    first.end();
    expect(await first.exit).toEqual({ code: 0, signal: null });
    // sshd counts the first one until it has seen its channel closed.
    const third = await until('room for another', () => session.exec('exit 3').catch(() => null));
    expect(await third.exit).toEqual({ code: 3, signal: null });
  });

  test('an attempt that takes the only session is cancelled over another connection', async () => {
    const place = await limited('MaxSessions 1');
    const root = await hostRoot();
    const session = await drivers.driver(name).open(place);
    onTestFinished(() => session.close());
    const waits = ': > "$SIGNALBOX_ROOT/reached"; until [ -e "$SIGNALBOX_ROOT/go" ]; do sleep 0.05; done';
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waits } });
    const plan = planOf(root, '1.0.0', built);
    const running = follow(session, plan, built, nothingHeard());
    await until('the hook to be at work', () => existsSync(join(root, 'reached')));
    await cancelFollowed(session, plan, () => drivers.driver(name).open(place));
    await writeFile(join(root, 'go'), '');
    expect(await running).toMatchObject({ outcome: 'cancelled', current: null });
  });

  test('more logins at once than MaxStartups allows: it is said so, and tried again it gets in', async () => {
    const place = await limited('MaxStartups 1:100:1', 'LoginGraceTime 60');
    const stranger = connect(place.port, place.host);
    await once(stranger, 'data'); // sshd has said its banner, and waits for a login that does not come
    await expect(drivers.driver(name).open(place)).rejects.toMatchObject({
      code: 'connect_failed',
      retryable: true,
      message: expect.stringMatching(/MaxStartups/),
    });
    stranger.destroy();
    await once(stranger, 'close');
    const session = await until('a login', () =>
      drivers
        .driver(name)
        .open(place)
        .catch(() => null),
    );
    expect(await (await session.exec('exit 0')).exit).toEqual({ code: 0, signal: null });
    await session.close();
  });
});
