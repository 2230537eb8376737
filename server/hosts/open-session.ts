/** Opens a session by the address's transport. */
import type { HostAddress, HostSession, OpenOptions } from './contract.ts';
import { createHandshakeGate } from './drivers/handshake-gate.ts';
import { localDriver } from './drivers/local.ts';
import { openSshDriver } from './drivers/openssh.ts';
import { ssh2Driver } from './drivers/ssh2.ts';

let drivers: { ssh2: ReturnType<typeof ssh2Driver>; openssh: ReturnType<typeof openSshDriver> } | undefined;

/** One driver per transport for the process, made when it is first needed; their gate counts handshakes over all callers. */
export function openSession(address: HostAddress, options: OpenOptions): Promise<HostSession> {
  if (address.transport === 'local') return localDriver().open(address, options);
  const gate = createHandshakeGate();
  drivers ??= { ssh2: ssh2Driver({ gate }), openssh: openSshDriver({ gate }) };
  if (address.transport === 'openssh') return drivers.openssh.open(address, options);
  return drivers.ssh2.open(address, options);
}
