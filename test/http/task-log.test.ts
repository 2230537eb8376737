import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { task, taskLog } from '../../db/schema/index.ts';
import type { Client } from '../../server/contracts/client.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { requestInstall } from '../../server/services/install/start.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';
import { release } from '../../db/schema/index.ts';

let site: Site;
let client: Client;
/** 700 KB of lines with characters of one to four bytes. */
const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} – schön 🚂 ${'x'.repeat(i % 17)}\n`).join('');
const bytes = Buffer.from(text);

beforeAll(async () => {
  site = await openSite();
  client = await site.clientOf(['viewer']);
  const { ctx } = site.world;
  await declareFleet(site.world, { targets: 2 });
  await publish(site.world, ['1.0.0']);
  await ctx.db.update(release).set({ package: 'present' });
  await requestInstall(ctx, { ...signalboxActor, name: 'Ana' }, { releaseId: 1, hostIds: [1, 2] }, null);
  // In chunks of odd sizes, as hosts send them: many end in the middle of a character.
  for (let at = 0; at < bytes.length; at += 8_191) {
    const content = bytes.subarray(at, at + 8_191);
    await ctx.db.insert(taskLog).values({ taskId: 1, atByte: at, content, at: ctx.clock.now() });
  }
  await ctx.db.update(task).set({ logBytes: bytes.length, status: 'running' }).where(eq(task.id, 1));
});
afterAll(() => site.close());

async function readAll(step: (chunk: { from: number; to: number }) => number): Promise<string> {
  let whole = '';
  for (let from = 0; ;) {
    const chunk = await client.call('tasks.log', { id: 1, from });
    whole += chunk.text;
    if (chunk.to === chunk.total) return whole;
    from = step(chunk);
  }
}

describe('the log of a task', () => {
  test('is read on from byte to byte, whole characters at a time, nothing lost and nothing twice', async () => {
    expect(await readAll(({ to }) => to)).toBe(text);
  });

  test('waits for the rest of a character that is cut off, until the task has ended', async () => {
    const { db } = site.world.ctx;
    await db.insert(taskLog).values({ taskId: 2, atByte: 0, content: Buffer.from('a🚂').subarray(0, 3), at: 0 });
    await db.update(task).set({ logBytes: 3, status: 'running' }).where(eq(task.id, 2));
    expect(await client.call('tasks.log', { id: 2 })).toEqual({ from: 0, to: 1, total: 3, text: 'a', ended: false });
    await db.update(task).set({ status: 'failed' }).where(eq(task.id, 2));
    expect(await client.call('tasks.log', { id: 2 })).toEqual({
      from: 0,
      to: 3,
      total: 3,
      text: 'a\ufffd',
      ended: true,
    });
  });

  test('is empty at and beyond its end', async () => {
    for (const from of [bytes.length, bytes.length + 5]) {
      expect(await client.call('tasks.log', { id: 1, from })).toMatchObject({ from, to: from, text: '', ended: false });
    }
  });

  test('is downloaded as a whole, byte for byte', async () => {
    const headers = { authorization: `Bearer ${await site.tokenOf(['viewer'])}` };
    const answer = await site.send('GET', '/api/v1/tasks/1/log.txt', { headers });
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="task-1.log"');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await site.send('GET', '/api/v1/tasks/999/log.txt', { headers })).status).toBe(404);
  });
});
