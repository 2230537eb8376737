/** The client of live.ts: snapshot, then batches, each of which has to begin where the board stands. */
import postgres from 'postgres';
import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, ServerEvents } from '../../server/contracts/live.ts';
import { unpackSnapshot, type PackedSnapshot } from '../../server/contracts/snapshot.ts';
import { compareCursors } from '../../db/cursor.ts';
import { takeBatch } from '../../dashboard/live/take-batch.ts';

export interface ClientReport {
  cursors: string[];
  /** Milliseconds from just before a write to its arrival here. */
  latencies: number[];
  /** Milliseconds of a NOTIFY of the same writers. */
  notices: number[];
  resyncs: number;
}

const { origin, cookie, url } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const headers = { cookie: cookie!, origin: origin! };
const report: ClientReport = { cursors: [], latencies: [], notices: [], resyncs: 0 };
const answer = await fetch(`${origin}/api/v1/board`, { headers });
const { board } = unpackSnapshot((await answer.json()) as PackedSnapshot);
const socket: Socket<ServerEvents, ClientEvents> = io(origin!, { extraHeaders: headers, transports: ['websocket'] });
let last: string | undefined;

socket.on('board:batch', (batch) => {
  const now = Date.now();
  if (takeBatch(board, batch) !== 'applied') throw new Error(`a batch from ${batch.from} at ${board.cursor}`);
  for (const { cursor, at } of batch.activities) {
    report.cursors.push(cursor);
    report.latencies.push(now - at);
  }
  tellWhenThere();
});
socket.on('board:resync', () => (report.resyncs += 1));
process.on('message', ({ until }: { until: string }) => {
  last = until;
  tellWhenThere();
});

const sql = postgres(url!, { max: 1 });
await sql.listen('bench', (sentAt) => void report.notices.push(Date.now() - Number(sentAt)));
if (!socket.connected) await new Promise<void>((resolve) => socket.once('connect', resolve));
const followed = await socket.emitWithAck('board:follow', { since: board.cursor });
if (!followed.ok) throw new Error(`follow was refused: ${followed.code}`);
process.send?.({ kind: 'ready' });

function tellWhenThere(): void {
  if (last !== undefined && compareCursors(board.cursor, last) >= 0) process.send?.({ kind: 'report', ...report });
}
