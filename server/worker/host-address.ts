import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostConnection } from '../contracts/host-connection.ts';
import { HostUnreachable, type HostAddress } from '../hosts/contract.ts';

/** Turns a stored connection into an address with its credentials. Private keys are read for the moment of use only. */
export async function hostAddress(connection: HostConnection, keysFolder: string): Promise<HostAddress> {
  if (connection.transport === 'local') return { transport: 'local' };
  const { address, port, user, hostKeys, identity } = connection;
  return { transport: 'ssh2', host: address, port, user, hostKeys, auth: await credentials(identity, keysFolder) };
}

async function credentials(identity: string, keysFolder: string) {
  if (identity === 'agent') {
    const agent = process.env['SSH_AUTH_SOCK'];
    if (agent) return { agent };
    throw new HostUnreachable(
      'auth_failed',
      'The host asks for an SSH agent, but SSH_AUTH_SOCK is not set. Start one.',
    );
  }
  const path = join(keysFolder, identity);
  try {
    return { privateKey: await readFile(path, 'utf8') };
  } catch {
    throw new HostUnreachable('auth_failed', `The SSH key ${identity} cannot be read. Put it into ${keysFolder}.`);
  }
}
