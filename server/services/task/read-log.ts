import type { Reader } from '../../../db/connect.ts';
import { readLog } from '../../../db/queries/log.ts';
import { taskHasEnded } from '../../domain/task-transition.ts';
import { verb } from '../verb.ts';
import { taskOrRefusal } from './show.ts';

const CHUNK_BYTES = 256 * 1024;

interface ReadTaskLog {
  id: number;
  /** Byte of the stored log to begin at; go on with the `to` of the answer before. */
  from: number;
}

/** Up to 256 KiB of a task's log, cut between characters. `ended`: nothing will follow `total`. */
export const readTaskLog = verb('log.read', async (ctx, _actor, { id, from }: ReadTaskLog) => {
  const { logBytes: total, status } = await taskOrRefusal(ctx.db, id);
  const ended = taskHasEnded(status);
  const read = from < total ? await readLog(ctx.db, id, from, Math.min(CHUNK_BYTES, total - from)) : new Uint8Array(0);
  const bytes = ended && from + read.length >= total ? read : read.subarray(0, wholeCharacters(read));
  return { from, to: from + bytes.length, total, text: new TextDecoder().decode(bytes), ended };
});

/** The whole log as it is stored now, in chunks of bytes. */
export const streamTaskLog = verb('log.read', async (ctx, _actor, { id }: { id: number }) => {
  const { logBytes: total } = await taskOrRefusal(ctx.db, id);
  return logChunks(ctx.db, id, total);
});

/** The first `total` bytes of a task's log; a log only grows, so that they are the same whenever they are read. */
export async function* logChunks(reader: Reader, taskId: number, total: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < total;) {
    const bytes = await readLog(reader, taskId, from, Math.min(CHUNK_BYTES, total - from));
    if (bytes.length === 0) return;
    yield bytes;
    from += bytes.length;
  }
}

/** How many of these bytes are whole UTF-8 characters: all but a last one that is cut off. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
