import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';
import type { Implementation } from '../../server/demo/ssh-host.ts';
import { startSshHost, type RunningSshHost } from '../../server/demo/start-ssh-host.ts';
import { HostUnreachable, RunnerRefused } from '../../server/hosts/contract.ts';
import { HOST_TROUBLES, SOCKET_TROUBLES, type Meeting, type SshTrouble } from '../support/hostile/ssh-troubles.ts';
import { sshDrivers, type SshDriverUnderTest } from '../support/ssh-drivers.ts';
import { hasSshd } from '../support/transports.ts';

const NAMES = ['ssh2', 'openssh'] as const satisfies SshDriverUnderTest['name'][];
const SERVERS: Implementation[] = hasSshd() ? ['ssh2', 'openssh'] : ['ssh2'];
const NEEDS_A_PERSON = /^(host_key_|auth_failed)/;

let drivers: Awaited<ReturnType<typeof sshDrivers>>;
let folder: string;
const hosts = new Map<Implementation, RunningSshHost>();
beforeAll(async () => {
  drivers = await sshDrivers();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-ssh-'));
  for (const implementation of SERVERS) {
    const at = join(folder, implementation);
    hosts.set(implementation, await startSshHost({ folder: at, authorizedKey: drivers.authorizedKey, implementation }));
  }
});
afterAll(async () => {
  await Promise.all([...hosts.values()].map((host) => host.stop()));
  await drivers.close();
  await removeHostFolder(folder);
});

function meetingOf(name: SshDriverUnderTest['name'], implementation: Implementation): Meeting {
  const host = hosts.get(implementation)!;
  const closeLater = (close: () => unknown) => onTestFinished(async () => void (await close()));
  const own = { host: '127.0.0.1', port: host.port, user: host.user, hostKeys: [host.fingerprint] };
  return {
    host,
    closeLater,
    async open(place, by) {
      const session = await drivers.driver(name).open({ ...own, ...place }, by);
      closeLater(() => session.close());
      return session;
    },
  };
}

async function meet({ code, says, meet }: SshTrouble, meeting: Meeting): Promise<void> {
  if (code === 'done') return void (await meet(meeting));
  const error: unknown = await meet(meeting).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toSatisfy((one) => one instanceof HostUnreachable || one instanceof RunnerRefused);
  expect(error).toMatchObject({ code, ...(says ? { message: expect.stringMatching(says) } : {}) });
  if (error instanceof HostUnreachable) expect(error.retryable).toBe(!NEEDS_A_PERSON.test(code));
}

describe.each(NAMES)('over %s', (name) => {
  test.each(SOCKET_TROUBLES)('$what: $code', (trouble) => meet(trouble, meetingOf(name, 'ssh2')));
});

describe.each(NAMES.flatMap((name) => SERVERS.map((server) => ({ name, server }))))(
  'over $name to a real server ($server)',
  ({ name, server }) => {
    test.each(HOST_TROUBLES)('$what: $code', (trouble) => meet(trouble, meetingOf(name, server)));
  },
);
