/** The walls of walls.ts, a process of its own: Socket.IO's client with a board's cursor, as the wall has it, without drawing. */
import { get } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { ClientEvents, ServerEvents } from '../../server/contracts/live.ts';

export type ClientOrder = { kind: 'connect' | 'reconnect' | 'latencies' } | { kind: 'stall'; walls: number };
type LiveSocket = Socket<ServerEvents, ClientEvents>;

const { raw, port, tokens, walls } = JSON.parse(process.argv[2] ?? '{}') as {
  raw: boolean;
  port: number;
  tokens: string[];
  walls: number;
};
const origin = `http://127.0.0.1:${port}`;
const cursors: string[] = [];
const sockets: LiveSocket[] = [];
let rawSockets: WebSocket[] = [];
let latencies: number[] = [];
const stalled = new Set<LiveSocket>();
let resyncs = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (order: ClientOrder) => void obey(order));
process.send?.({ kind: 'ready' });

async function obey(order: ClientOrder): Promise<void> {
  const began = performance.now();
  if (order.kind === 'stall') {
    for (const socket of sockets.slice(0, order.walls)) stall(socket);
    process.send?.({ kind: 'done', ms: 0 });
  } else if (order.kind === 'latencies') {
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    process.send?.({ kind: 'done', count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1), resyncs });
    latencies = [];
  } else {
    if (order.kind === 'reconnect') await dropAll();
    const start = order.kind === 'reconnect' ? performance.now() : began;
    await (raw ? connectRaw() : order.kind === 'connect' ? connectAll() : again());
    process.send?.({ kind: 'done', ms: performance.now() - start });
  }
}

async function connectRaw(): Promise<void> {
  rawSockets = Array.from({ length: walls }, () => new WebSocket(origin.replace('http', 'ws')));
  await Promise.all(
    rawSockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          socket.on('error', reject);
          socket.on('open', () => socket.send('{"since":"0.0"}'));
          socket.on('message', () => resolve());
        }),
    ),
  );
}

/** From nothing: the snapshot and then the socket, all at once. */
async function connectAll(): Promise<void> {
  await Promise.all(
    tokens.slice(0, walls).map(async (token, at) => {
      const headers = { cookie: `signalbox_display=${token}`, origin };
      cursors[at] = await takeSnapshot(headers);
      const options = { extraHeaders: headers, transports: ['websocket'], forceNew: true, reconnection: false };
      const socket: LiveSocket = io(origin, options);
      sockets[at] = socket;
      socket.on('board:batch', ({ from, to, activities }) => {
        if (from !== cursors[at]) return;
        cursors[at] = to;
        if (!stalled.has(socket)) for (const activity of activities) latencies.push(Date.now() - activity.at);
      });
      socket.on('board:resync', () => (resyncs += 1));
      await followed(socket, at);
    }),
  );
}

/** Takes the whole snapshot and unpacks none of it: a thousand walls do that on machines of their own. Its cursor. */
function takeSnapshot(headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { ...headers, 'accept-encoding': 'gzip' } };
    const request = get(`${origin}/api/v1/board?part=wall`, options, (response) => {
      response.resume().on('end', () => resolve(/(\d+\.\d+)"$/.exec(response.headers.etag ?? '')?.[1] ?? ''));
    });
    request.on('error', reject);
  });
}

function again(): Promise<unknown> {
  return Promise.all(
    sockets.map((socket, at) => {
      const there = followed(socket, at);
      socket.connect();
      return there;
    }),
  );
}

async function followed(socket: LiveSocket, at: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const answer = await socket.emitWithAck('board:follow', { since: cursors[at]! });
  if (!answer.ok) throw new Error(`wall ${at}: follow was refused: ${answer.code}`);
}

async function dropAll(): Promise<void> {
  for (const socket of sockets) socket.disconnect();
  for (const socket of rawSockets) socket.terminate();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

/** Its line stays open and nobody reads it: what a screen does that hangs. */
function stall(socket: LiveSocket): void {
  stalled.add(socket);
  const { ws } = socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } };
  ws._socket.pause();
}
