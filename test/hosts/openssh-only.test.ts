import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import { startSshHost, type RunningSshHost } from '../../server/demo/start-ssh-host.ts';
import type { HostSession, OpenSshAddress } from '../../server/hosts/contract.ts';
import { openSshDriver } from '../../server/hosts/drivers/openssh.ts';
import { startBastion, type Bastion } from '../support/bastion.ts';
import { startSshd } from '../support/sshd.ts';
import { hasSshd } from '../support/transports.ts';

/** What only the system's client can do: a bastion, the operator's ssh_config, certificates. */
const key = generateSshKey('own');
let folder: string;
let closers: (() => Promise<unknown>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-openssh-'));
  closers = [() => rm(folder, { recursive: true, force: true })];
  await writeFile(join(folder, 'key'), key.privateKey, { mode: 0o600 });
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

const open = async (address: OpenSshAddress): Promise<HostSession> => {
  const session = await openSshDriver().open(address, { connectTimeoutMs: 10_000 });
  closers.push(() => session.close());
  return session;
};

async function output(session: HostSession, command: string): Promise<string> {
  const channel = await session.exec(command);
  const chunks: Uint8Array[] = [];
  for await (const chunk of channel.stdout) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('through a bastion', () => {
  const bastionKey = generateSshKey('bastion user');
  let host: RunningSshHost;
  let bastion: Bastion;
  let address: OpenSshAddress;
  beforeEach(async () => {
    host = await startSshHost({ folder, authorizedKey: key.publicKey, implementation: 'ssh2' });
    closers.push(() => host.stop());
    bastion = await startBastion(bastionKey.publicKey);
    closers.push(() => bastion.close());
    await writeFile(join(folder, 'bastion-key'), bastionKey.privateKey, { mode: 0o600 });
    address = {
      transport: 'openssh',
      host: host.address,
      port: host.port,
      user: host.user,
      hostKeys: [host.fingerprint],
      auth: { identityFile: join(folder, 'key') },
      jump: {
        host: '127.0.0.1',
        port: bastion.port,
        user: 'jump',
        hostKeys: [bastion.fingerprint],
        auth: { identityFile: join(folder, 'bastion-key') },
      },
    };
  });

  test('a command runs on the host, with a key and pins of its own for each of the two', async () => {
    const session = await open(address);
    expect(await output(session, 'echo here; exit 0')).toBe('here\n');
    expect(bastion.carried).toEqual([host.port]);
  });

  test('a changed key of the bastion is told of the bastion, and nothing reaches the host', async () => {
    const jump = { ...address.jump!, hostKeys: [`SHA256:${'a'.repeat(43)}`] };
    await expect(open({ ...address, jump })).rejects.toMatchObject({
      code: 'host_key_changed',
      message: expect.stringContaining(`127.0.0.1:${bastion.port} refused`),
    });
    expect(bastion.carried).toEqual([]);
  });

  test('a changed key of the host behind it is told of the host', async () => {
    await expect(open({ ...address, hostKeys: [`SHA256:${'a'.repeat(43)}`] })).rejects.toMatchObject({
      code: 'host_key_changed',
      message: expect.stringContaining(`127.0.0.1:${host.port} refused`),
      seenHostKey: host.hostKeyLine,
    });
  });

  test('a key that the bastion does not let in is an authentication failure', async () => {
    const jump = { ...address.jump!, auth: address.auth };
    await expect(open({ ...address, jump })).rejects.toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('jump@127.0.0.1'),
    });
  });

  test('a bastion that cuts the line loses it at once', async () => {
    const session = await open(address);
    const channel = await session.exec('sleep 30');
    bastion.cut();
    await expect(channel.exit).rejects.toMatchObject({ code: 'connection_lost', retryable: true });
  });

  test("the operator's ssh_config adds what the address does not say, and weakens nothing", async () => {
    const configFile = join(folder, 'own_config');
    const seen = join(folder, 'seen');
    await writeFile(
      configFile,
      `Match host ${host.address}\n  SetEnv SIGNALBOX_SITE=plant\n  StrictHostKeyChecking no\n` +
        `  LocalCommand touch ${seen}\n  PermitLocalCommand yes\n`,
    );
    const { jump: _jump, ...direct } = address;
    const wrong = { ...direct, configFile, hostKeys: [`SHA256:${'a'.repeat(43)}`] };
    await expect(open(wrong)).rejects.toMatchObject({ code: 'host_key_changed' });
    const session = await open({ ...direct, configFile });
    expect(await output(session, 'echo let in')).toBe('let in\n');
    await expect(readFile(seen)).rejects.toThrow('ENOENT');
  });

  test('an ssh_config that ssh does not understand is told with its line', async () => {
    const configFile = join(folder, 'own_config');
    await writeFile(configFile, 'ServerAliveIntervall 5\n');
    await expect(open({ ...address, configFile })).rejects.toMatchObject({
      code: 'client_missing',
      retryable: false,
      message: expect.stringMatching(/own_config.*line 1.*ServerAliveIntervall/i),
    });
  });

  test('a machine without ssh says so', async () => {
    const driver = openSshDriver({ program: join(folder, 'no-such-ssh') });
    await expect(driver.open(address, { connectTimeoutMs: 1_000 })).rejects.toMatchObject({ code: 'client_missing' });
  });
});

describe.runIf(hasSshd())('certificates, judged by OpenSSH (only where sshd is installed)', () => {
  const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args], { cwd: folder });
  let address: OpenSshAddress;
  beforeEach(async () => {
    for (const name of ['ca', 'host', 'user']) keygen('-t', 'ed25519', '-N', '', '-f', name);
    keygen('-s', 'ca', '-I', 'host', '-h', '-n', '127.0.0.1', 'host.pub');
    const sshd = await startSshd(folder, [
      `HostKey ${folder}/host`,
      `HostCertificate ${folder}/host-cert.pub`,
      `TrustedUserCAKeys ${folder}/ca.pub`,
      'AuthorizedKeysFile none',
    ]);
    closers.push(() => sshd.close());
    keygen('-s', 'ca', '-I', 'user', '-n', sshd.user, 'user.pub');
    address = {
      transport: 'openssh',
      host: '127.0.0.1',
      port: sshd.port,
      user: sshd.user,
      hostKeys: [`@cert-authority ${await readFile(join(folder, 'ca.pub'), 'utf8')}`.trim()],
      auth: { identityFile: join(folder, 'user'), certificateFile: join(folder, 'user-cert.pub') },
    };
  });

  test('of user and host let in without any key being pinned by itself', async () => {
    expect(await output(await open(address), 'echo certified')).toBe('certified\n');
  });

  test('a key without its certificate is not let in', async () => {
    const auth = { identityFile: join(folder, 'user'), certificateFile: join(folder, 'host-cert.pub') };
    await rm(join(folder, 'user-cert.pub'));
    await expect(open({ ...address, auth })).rejects.toMatchObject({ code: 'auth_failed' });
  });

  test('a host whose certificate another authority signed is refused', async () => {
    keygen('-t', 'ed25519', '-N', '', '-f', 'other');
    const hostKeys = [`@cert-authority ${await readFile(join(folder, 'other.pub'), 'utf8')}`.trim()];
    await expect(open({ ...address, hostKeys })).rejects.toMatchObject({ retryable: false, code: /^host_key_/ });
  });
});
