import { expect } from 'vitest';
import type { ServerEvents } from '../../server/contracts/live.ts';
import { apply, type Board } from '../../server/domain/board.ts';
import type { Client, LiveWorld } from './live-world.ts';
import { eventually } from '../support/eventually.ts';

type Batch = Parameters<ServerEvents['board:batch']>[0];

/** A screen: snapshot, then batches, each of which has to begin where the board stands. */
export interface Screen {
  board: Board;
  socket: Client;
  batches: Batch[];
  resyncs: string[];
  /** Cursors of the activities received, in order. */
  received(): string[];
  /** Cuts an open line without a goodbye; the client comes back and resumes by itself. */
  cut(): void;
  follow(): Promise<{ ok: boolean; code?: string }>;
  reachesCursor(cursor: string): Promise<void>;
}

/** The line itself, to be cut or held up. */
export function webSocketOf(socket: Client): { pause(): void; resume(): void; terminate(): void } {
  const { transport } = socket.io.engine as unknown as { transport: { ws: ReturnType<typeof webSocketOf> } };
  return transport.ws;
}

export async function openScreen(world: LiveWorld): Promise<Screen> {
  const headers = await world.browser();
  const { board } = await world.snapshot(headers);
  const socket = world.client(headers);
  const screen: Screen = {
    board,
    socket,
    batches: [],
    resyncs: [],
    received: () => screen.batches.flatMap(({ activities }) => activities.map(({ cursor }) => cursor)),
    cut() {
      if (socket.connected) webSocketOf(socket).terminate();
    },
    follow: () => socket.emitWithAck('board:follow', { since: board.cursor }),
    reachesCursor: (cursor) => eventually(() => expect(board.cursor).toBe(cursor)),
  };
  socket.on('board:batch', (batch) => {
    screen.batches.push(batch);
    expect(batch.from).toBe(board.cursor);
    for (const activity of batch.activities) apply(board, activity);
    board.cursor = batch.to;
  });
  socket.on('board:resync', ({ code }) => screen.resyncs.push(code));
  const followed = Promise.withResolvers<void>();
  socket.on(
    'connect',
    () =>
      void screen.follow().then(
        () => followed.resolve(),
        () => undefined,
      ),
  );
  await followed.promise;
  return screen;
}
