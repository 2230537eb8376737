import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Deliver, Delivered } from '../../../server/demo/slack/deliver.ts';
import type { Json } from '../../../server/demo/slack/workspace.ts';
import { until } from '../until.ts';

/** Slack's end of Socket Mode: `hello`, envelopes, acknowledgements, and what goes wrong with them. */
export interface SocketMode {
  readonly deliver: Deliver;
  /** Every envelope is sent twice from now on; the answer is that of the first acknowledgement. */
  repeatDeliveries: boolean;
  /** Envelope ids that were acknowledged, in order, repetitions included. */
  readonly acknowledged: string[];
  connections(): number;
  /** Resolves when the app is connected. */
  connected(): Promise<void>;
  /** Asks every connection to come back anew, as Slack does every few hours. */
  refresh(): void;
  /** Ends every connection without a word, like a network that is gone. */
  cut(): void;
  close(): Promise<void>;
}

/** Listens at `/link` of the stand-in's server, where `apps.connections.open` points. */
export function openSocketMode(http: Server, patienceMs: number): SocketMode {
  const server = new WebSocketServer({ noServer: true });
  const waiting = new Map<string, (answer: unknown) => void>();
  http.on('upgrade', (request, socket, head) => {
    if (!request.url?.startsWith('/link')) return void socket.destroy();
    server.handleUpgrade(request, socket, head, (line) => {
      line.send(JSON.stringify({ type: 'hello', num_connections: server.clients.size, connection_info: {} }));
      line.on('message', (data) => {
        const { envelope_id: id, payload } = JSON.parse(String(data as Buffer)) as {
          envelope_id?: string;
          payload?: Json;
        };
        if (id === undefined) return;
        sockets.acknowledged.push(id);
        waiting.get(id)?.(payload ?? {});
        waiting.delete(id);
      });
      line.on('error', () => line.terminate());
    });
  });
  const pings = setInterval(() => server.clients.forEach((line) => line.ping()), 2_000);
  pings.unref();
  const sockets: SocketMode = {
    repeatDeliveries: false,
    acknowledged: [],
    connections: () => open(server).length,
    connected: () => until('a Socket Mode connection', () => open(server).length > 0).then(() => undefined),
    deliver: (kind, payload) => {
      const line = open(server).at(-1);
      if (!line) return Promise.resolve({ outcome: 'unreachable', status: null, answer: null });
      const id = randomUUID();
      const accepts = kind !== 'events_api';
      const envelope = JSON.stringify({ envelope_id: id, payload, type: kind, accepts_response_payload: accepts });
      const delivered = new Promise<Delivered>((resolve) => {
        const end = setTimeout(() => {
          waiting.delete(id);
          resolve({ outcome: 'timeout', status: null, answer: null });
        }, patienceMs);
        waiting.set(id, (answer) => {
          clearTimeout(end);
          resolve({ outcome: 'ok', status: null, answer: isEmpty(answer) ? null : answer });
        });
      });
      line.send(envelope);
      if (sockets.repeatDeliveries) line.send(envelope);
      return delivered;
    },
    refresh() {
      const words = JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} });
      for (const line of open(server)) line.send(words);
    },
    cut: () => server.clients.forEach((line) => line.terminate()),
    close: () =>
      new Promise((resolve) => {
        clearInterval(pings);
        server.clients.forEach((line) => line.terminate());
        server.close(() => resolve());
      }),
  };
  return sockets;
}

function open(server: WebSocketServer): WebSocket[] {
  return [...server.clients].filter((line) => line.readyState === line.OPEN);
}

function isEmpty(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && Object.keys(answer).length === 0;
}
