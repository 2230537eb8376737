import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { ClientEvents, ServerEvents } from '../contracts/live.ts';
import type { Actor } from '../services/verb.ts';

/** What the server keeps with each socket. */
export interface SocketData {
  actor: Actor;
}

export type LiveServer = Server<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;
export type LiveSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;

/** The parts of engine.io's connection that tell what has not left yet; its types keep them to itself. */
interface Connection {
  writeBuffer: { data?: string | Uint8Array }[];
  transport: { socket?: { bufferedAmount?: number } };
}

/** Bytes that wait in our memory because the client, or the way to it, is slow. */
export function backlogBytes(socket: LiveSocket): number {
  const { writeBuffer, transport } = socket.conn as unknown as Connection;
  const queued = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return queued + (transport.socket?.bufferedAmount ?? 0);
}
