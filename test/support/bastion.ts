/** A bastion on loopback: an SSH server of the library that lets one key in and carries connections on, nothing else. */
import { connect, type AddressInfo, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { fingerprintOf } from '../../server/hosts/drivers/host-key.ts';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';

export interface Bastion {
  readonly port: number;
  readonly fingerprint: string;
  /** Ports that were asked for through it, in order. */
  readonly carried: readonly number[];
  cut(): void;
  close(): Promise<void>;
}

export async function startBastion(authorizedKey: string): Promise<Bastion> {
  const hostKey = generateSshKey('bastion');
  const allowed = parsed(authorizedKey).getPublicSSH();
  const carried: number[] = [];
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    client.on('authentication', (context) => {
      const known = context.method === 'publickey' && context.key.data.equals(allowed);
      if (known) context.accept();
      else context.reject(['publickey']);
    });
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      carried.push(destPort);
      const onward = connect(destPort, destIP);
      sockets.add(onward);
      const channel = accept();
      channel.on('error', () => {}).pipe(onward);
      onward.on('error', () => channel.end()).pipe(channel);
    });
    client.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: fingerprintOf(parsed(hostKey.publicKey).getPublicSSH()),
    carried,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () =>
      new Promise((resolve) => {
        sockets.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
}

function parsed(key: string) {
  const found = ssh2.utils.parseKey(key);
  if (found instanceof Error) throw found;
  return found;
}
