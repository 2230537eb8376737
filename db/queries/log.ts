import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { unpackLog } from '../log-content.ts';
import { taskLog } from '../schema/index.ts';

/** Up to `limit` stored bytes of a task's log from byte `from` on; empty where nothing is stored yet. Along the primary key. */
export async function readLog(reader: Reader, taskId: number, from: number, limit: number): Promise<Uint8Array> {
  // The chunk that holds byte `from` began before it.
  const holding = sql`coalesce((
    select max(l.at_byte) from task_log l where l.task_id = ${taskId} and l.at_byte <= ${from}::bigint), 0)`;
  const chunks = await reader
    .select({ atByte: taskLog.atByte, content: taskLog.content, plainBytes: taskLog.plainBytes })
    .from(taskLog)
    .where(and(eq(taskLog.taskId, taskId), gte(taskLog.atByte, holding), lt(taskLog.atByte, from + limit)))
    .orderBy(asc(taskLog.atByte));
  const [first] = chunks;
  if (!first) return new Uint8Array(0);
  const skip = from - first.atByte;
  return Buffer.concat(await Promise.all(chunks.map(unpackLog))).subarray(skip, skip + limit);
}
