/** Opens a session by the address's transport. */
import type { HostAddress, HostSession, OpenOptions } from './contract.ts';
import { localDriver } from './drivers/local.ts';
import { ssh2Driver } from './drivers/ssh2.ts';

let ssh2: ReturnType<typeof ssh2Driver> | undefined;

/** One ssh2 driver for the process, made when it is first needed: its gate counts handshakes over all callers. */
export function openSession(address: HostAddress, options: OpenOptions): Promise<HostSession> {
  if (address.transport === 'local') return localDriver().open(address, options);
  ssh2 ??= ssh2Driver();
  return ssh2.open(address, options);
}
