import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostConnection } from '../contracts/host-connection.ts';
import { HostUnreachable, type HostAddress, type OpenSshAuth } from '../hosts/contract.ts';

/** Turns a stored connection into an address with its credentials. Private keys are read for the moment of use only. */
export async function hostAddress(connection: HostConnection, keysFolder: string): Promise<HostAddress> {
  const { become } = connection;
  if (connection.transport === 'local') return { transport: 'local', become };
  const { address: host, port, user, hostKeys } = connection;
  const place = { host, port, user, hostKeys, become };
  if (connection.transport === 'ssh2') {
    return { transport: 'ssh2', ...place, auth: await credentials(connection.identity, keysFolder) };
  }
  const { jump, config } = connection;
  return {
    transport: 'openssh',
    ...place,
    auth: keyFile(connection, keysFolder),
    configFile: config === undefined ? undefined : join(keysFolder, config),
    jump: jump && {
      host: jump.address,
      port: jump.port,
      user: jump.user,
      hostKeys: jump.hostKeys,
      auth: keyFile(jump, keysFolder),
    },
  };
}

/** The system's client reads the files by itself, and says so when it cannot. */
function keyFile(of: { identity: string; certificate?: string | undefined }, keysFolder: string): OpenSshAuth {
  if (of.identity === 'agent') return agent();
  const certificateFile = of.certificate === undefined ? undefined : join(keysFolder, of.certificate);
  return { identityFile: join(keysFolder, of.identity), certificateFile };
}

async function credentials(identity: string, keysFolder: string) {
  if (identity === 'agent') return agent();
  const path = join(keysFolder, identity);
  try {
    return { privateKey: await readFile(path, 'utf8') };
  } catch {
    throw new HostUnreachable('auth_failed', `The SSH key ${identity} cannot be read. Put it into ${keysFolder}.`);
  }
}

function agent(): { agent: string } {
  const socket = process.env['SSH_AUTH_SOCK'];
  if (socket) return { agent: socket };
  throw new HostUnreachable('auth_failed', 'The host asks for an SSH agent, but SSH_AUTH_SOCK is not set. Start one.');
}
