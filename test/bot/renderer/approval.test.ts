import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { release } from '../../../db/schema/index.ts';
import { breakGlass } from '../../../server/services/approval/break-glass.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import { startInstall } from '../../../server/services/install/start.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { apply } from '../../support/fleet.ts';
import { personOf } from '../../support/people.ts';
import { fleetFile } from '../../support/rollout-in-hand.ts';
import type { Chat } from '../../support/slack/renderer.ts';
import { channels } from '../../support/slack/workspace.ts';
import { environment } from '../../../db/schema/index.ts';
import { WEEKDAYS } from '../../../server/domain/windows.ts';
import { forget, messages, MINUTE, ready, useChat } from '../../support/slack/chat-suite.ts';
import { publish, start } from '../../support/world.ts';
import type { rollouts } from '../../support/rollout.ts';

const DAY = 86_400_000;

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
useChat((...opened) => ([chat, rollout] = opened));

describe('an approval', () => {
  const approvals = [
    { name: 'two-eyes', match: { actions: ['install'] }, required: 1, roles: ['approver'], expiresAfter: '4h' },
  ];

  async function asked(): Promise<void> {
    await apply(chat.world, fleetFile({ hosts: { plant: ['line-1', 'line-2'] }, approvals }));
    await publish(chat.world, ['1.0.0', '2.0.0']);
    await rollout.download([1, 2]);
    await forget(chat.world);
    await rollout.install(1, [1, 2]);
  }

  test('is reminded of in its thread ever more seldom, and never after its end', async () => {
    await asked();
    await chat.pass(5_000);
    const card = chat.card(channels.releases, 'Approval wanted');
    const reminders = () => chat.slack.thread(card).length;
    for (const [hours, expected] of [
      [0.3, 0],
      [0.5, 1],
      [1.1, 1],
      [1.3, 2],
      [2.7, 2],
    ] as const) {
      chat.world.time.now = start + hours * 60 * MINUTE;
      await chat.pass(2_000);
      expect(reminders()).toBe(expected);
    }
    const approver = await personOf(chat.world, 'Bo', 'approver');
    await decideApproval.run(chat.world.ctx, approver, { id: 1, verdict: 'reject', reason: 'not today' });
    await chat.pass(5_000);
    expect(card.text).toContain('Rejected');
    expect(chat.words(card)).not.toContain('approval.approve');
    chat.world.time.now = start + 3.1 * 60 * MINUTE;
    await chat.pass(2_000);
    expect(reminders()).toBe(2);
    expect(await messages(chat)).not.toContainEqual(expect.objectContaining({ part: 'reminder:70' }));
  });

  test('names the hold that would stop it, as long as that is in force', async () => {
    await asked();
    await chat.pass(5_000);
    const card = chat.card(channels.releases, 'Approval wanted');
    const { ctx, operator, time } = chat.world;
    const hold = { scope: { product: 'orders' }, strict: false } as const;
    await createHold.run(ctx, operator, { ...hold, reason: 'stock-taking', expiresAt: time.now + 10 * MINUTE });
    const { id } = await createHold.run(ctx, operator, { ...hold, reason: 'line down' });
    await chat.pass(5_000);
    expect(chat.words(card)).toContain('stock-taking');
    expect(chat.words(card)).toContain('line down');
    await releaseHold.run(ctx, operator, { id });
    await chat.pass(5_000);
    expect(chat.words(card)).not.toContain('line down');
    time.now += 10 * MINUTE;
    await chat.pass(5_000);
    expect(chat.words(card)).not.toContain('stock-taking');
  });

  test('is reminded of once by a bot that was away through all reminders', async () => {
    await asked();
    await chat.pass(5_000);
    chat.world.time.now = start + 3.5 * 60 * MINUTE;
    await chat.pass(5_000);
    expect(chat.slack.thread(chat.card(channels.releases, 'Approval wanted'))).toHaveLength(1);
  });

  test('that an admin passes by break-glass is announced in the escalation channel, once', async () => {
    await asked();
    const admin = await personOf(chat.world, 'Cy', 'admin');
    await breakGlass.run(chat.world.ctx, admin, { id: (await rollout.job(3)).id, reason: 'the plant stands' });
    await chat.pass(10_000);
    const notices = chat.slack.posts(channels.incidents);
    expect(notices.map((notice) => chat.words(notice))).toEqual([expect.stringContaining('the plant stands')]);
    expect(notices[0]?.text).toContain('Break-glass: Cy');
  });

  test('names the window that its plan waits for, closed now; break-glass that passes it is announced', async () => {
    await asked();
    const { world } = chat;
    const day = new Date(start + 2 * DAY).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' }).toLowerCase();
    const days = WEEKDAYS.filter((each) => each === day);
    await world.ctx.db
      .update(environment)
      .set({ windows: { timeZone: 'UTC', windows: [{ days, start: '02:00', end: '03:00' }] } });
    await rollout.install(2, [1, 2]);
    await chat.pass(5_000);
    const words = () => chat.words(chat.card(channels.releases, 'Approval wanted: Install of orders 2.0.0'));
    expect(words()).toContain('*Maintenance window*: ');
    expect(words()).toMatch(/△ [^"]*window/);
    const approver = await personOf(world, 'Bo', 'approver');
    await decideApproval.run(world.ctx, approver, { id: 2, verdict: 'approve' });
    expect((await rollout.job(4)).startedAt).toBeNull();
    const admin = await personOf(world, 'Cy', 'admin');
    await breakGlass.run(world.ctx, admin, { id: 4, reason: 'the plant stands' });
    await chat.pass(10_000);
    expect((await rollout.job(4)).brokenGlass).toMatchObject({ by: 'Cy' });
    expect(await rollout.deliver()).toHaveLength(2);
    expect(await rollout.job(4)).toMatchObject({ status: 'running', counts: { running: 2 } });
    const notices = chat.slack.posts(channels.incidents).map((notice) => chat.words(notice));
    expect(notices).toEqual([expect.stringContaining('the plant stands')]);
    expect(notices[0]).toContain('windows');
    for (const card of chat.slack.posts(channels.releases).filter(({ text }) => text.includes('orders 2.0.0'))) {
      expect(chat.words(card)).toContain('*Break-glass* by Cy');
    }
  });
});

describe('a job that is started with break-glass, in whatever surface', () => {
  test('is announced in the escalation channel, once, and its card says so', async () => {
    const hosts = await ready(chat, 1);
    await rollout.install(1, hosts);
    await rollout.finish();
    const { ctx } = chat.world;
    await publish(chat.world, ['3.0.0']);
    await rollout.download([3]);
    await ctx.db.update(release).set({ required: true }).where(eq(release.id, 2));
    await forget(chat.world);
    const cy = await personOf(chat.world, 'Cy', 'admin');
    const breakGlass = { reason: 'the plant stands' };
    await startInstall.run(ctx, cy, { releaseId: 3, hostIds: hosts, breakGlass });
    await chat.pass(10_000);
    const notices = chat.slack.posts(channels.incidents);
    expect(notices.map(({ text }) => text)).toEqual([
      expect.stringContaining('Break-glass: Cy lets the Install of orders 3.0.0'),
    ]);
    expect(chat.words(notices[0]!)).toContain('the plant stands');
    expect(chat.words(chat.card(channels.releases, 'Install of orders 3.0.0'))).toContain('*Break-glass* by Cy');
  });
});
