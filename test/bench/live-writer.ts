/** Some of the writers of live.ts: each touches hosts of its own, several in one transaction, at its share of the rate. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { openBell } from '../../db/bell.ts';
import { connect } from '../../db/connect.ts';
import { tell } from '../services/log/fleet-writer.ts';

const AT_ONCE = 5;

const settings = JSON.parse(process.argv[2] ?? '{}') as {
  url: string;
} & Record<'index' | 'processes' | 'writers' | 'hosts' | 'perSecond' | 'seconds', number>;
const { url, index, processes, writers, hosts, perSecond, seconds } = settings;
const here = writers / processes;
const db = connect(url, { max: here + 1, applicationName: `writers-${index}` });
const bell = await openBell(url);
const everyMs = (writers * AT_ONCE * 1_000) / perSecond;
await Promise.all(Array.from({ length: here }, () => db.$client`select 1`));
const start = performance.now();

await Promise.all(Array.from({ length: here }, (_, at) => write(index * here + at)));
const wroteMs = performance.now() - start;
await delay(100); // the bell's last ring
process.send?.({ kind: 'done', wroteMs });
await bell.close();
await db.$client.end();
process.disconnect?.();

async function write(writer: number): Promise<void> {
  const mine = Array.from({ length: hosts }, (_, at) => at + 1).filter((id) => id % writers === writer);
  for (let done = 0; ; done += 1) {
    const due = start + done * everyMs;
    // A machine that cannot keep up is not written to for longer than that.
    if (due > start + seconds * 1_000 || performance.now() > start + seconds * 2_000) return;
    if (due > performance.now() + 1) await delay(due - performance.now());
    const ids = Array.from({ length: AT_ONCE }, (_, at) => mine[(done * AT_ONCE + at) % mine.length]!);
    const at = Date.now();
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        update host set revision = revision + 1, last_contact_at = ${new Date(at).toISOString()}::timestamptz
        where id = any(${`{${ids.join(',')}}`}::int[])`);
      await tell(tx, ids, at);
    });
    bell.ring({ board: true });
    if (done % 10 === 0) void db.$client.notify('bench', String(Date.now()));
  }
}
