/** A TCP line between client and server that a test can cut, as a pulled cable with a reset would. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface CuttableLine {
  readonly port: number;
  /** Resets every connection that stands now; new ones are let through. */
  cut(): void;
  /** Holds back every byte, in both directions and on new connections too, as a half-open line does. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function cuttableLine(targetPort: number): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    if (frozen) hold(near, far);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const eachSocket = (change: (socket: Socket) => void) => sockets.forEach(change);
  return {
    freeze: () => {
      frozen = true;
      eachSocket((socket) => socket.pause());
    },
    thaw: () => {
      frozen = false;
      eachSocket((socket) => socket.resume());
    },
    port: (server.address() as AddressInfo).port,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

function hold(...sockets: Socket[]): void {
  for (const socket of sockets) socket.pause();
}
