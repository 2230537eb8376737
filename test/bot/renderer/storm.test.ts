import { describe, expect, test } from 'vitest';
import { updateJob } from '../../../db/queries/jobs.ts';
import { claimTask, findTask, raiseFence } from '../../../db/queries/tasks.ts';
import { advanceJob } from '../../../server/services/job/advance.ts';
import { record } from '../../../server/services/log/record.ts';
import { startTask, type Held } from '../../../server/services/task/start.ts';
import { endTask } from '../../../server/services/task/end.ts';
import type { Chat } from '../../support/slack/renderer.ts';
import { expectPaced, MINUTE, ready, stillDue, useChat } from '../../support/slack/chat-suite.ts';
import { channels } from '../../support/slack/workspace.ts';
import type { rollouts } from '../../support/rollout.ts';

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
useChat((...opened) => ([chat, rollout] = opened));

describe('a thousand hosts that fail within ten seconds', () => {
  test('cost at most 2 posts and 12 updates', async () => {
    const hosts = await ready(chat, 1_000);
    const id = await rollout.install(1, hosts, { maxParallel: 1_000 });
    const held = await startedAtOnce(id);
    expect(held).toHaveLength(1_000);
    await chat.pass(30_000);
    const before = chat.sends().length;
    const problem = { code: 'hook_failed', sentence: 'post-install ended with 3' };
    for (let second = 0; second < 10; second += 1) {
      for (const one of held.slice(second * 100, second * 100 + 100)) {
        await endTask(chat.world.ctx, one, { status: 'failed', problem, restored: false });
      }
      await chat.pass(1_000);
    }
    await chat.pass(2 * MINUTE, 3_000);
    expect(await rollout.job(id)).toMatchObject({ status: 'failed', counts: { failed: 1_000 } });
    expect(chat.card(channels.releases, `Job ${id}.`).text).toContain('1000 failed');
    const cost = chat.sends().slice(before);
    expect(cost.filter(({ kind }) => kind === 'post').length).toBeLessThanOrEqual(2);
    expect(cost.filter(({ kind }) => kind === 'update').length).toBeLessThanOrEqual(12);
    expectPaced(chat);
    expect(await stillDue(chat)).toEqual([]);
  }, 240_000);
});

/** The first start is judged, and stands for all: each of a thousand would read a thousand rows, and none of it is in question here. */
async function startedAtOnce(jobId: number): Promise<Held[]> {
  const { ctx, time, take } = chat.world;
  await take('job.advance');
  await advanceJob(ctx, jobId);
  const [first, ...others] = await take('task.run');
  const held = [await startTask(ctx, first!.taskId, 'worker-1')].filter((one) => one !== null);
  const lease = { workerId: 'worker-1', leaseUntil: time.now + ctx.config.leaseMs };
  await ctx.db.transaction(async (tx) => {
    for (const { taskId } of others) {
      const { hostId } = (await findTask(tx, taskId))!;
      const fence = await raiseFence(tx, hostId);
      if (await claimTask(tx, taskId, { ...lease, fence }, time.now)) held.push({ taskId, fence });
    }
    const occasion = { now: time.now, actor: 'signalbox' };
    await record(
      tx,
      occasion,
      'task.started',
      held.slice(1).map(({ taskId }) => taskId),
    );
    await updateJob(tx, jobId, {});
    await record(tx, occasion, 'job.progressed', [jobId]);
  });
  return held;
}
