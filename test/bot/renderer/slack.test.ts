import { describe, expect, test } from 'vitest';
import { readToEnd } from '../../../server/services/slack/reader.ts';
import { showSlackStatus } from '../../../server/services/slack/status.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import type { Chat } from '../../support/slack/renderer.ts';
import { expectPaced, MINUTE, ready, stillDue, useChat } from '../../support/slack/chat-suite.ts';
import { channels } from '../../support/slack/workspace.ts';
import type { rollouts } from '../../support/rollout.ts';

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
useChat((...opened) => ([chat, rollout] = opened));

describe('Slack', () => {
  test('away for ten minutes during running jobs blocks nothing and loses nothing; cards are true within a minute after', async () => {
    const hosts = await ready(chat, 12);
    const jobs: number[] = [];
    for (let i = 0; i < 3; i += 1)
      jobs.push(await rollout.install(1, hosts.slice(i * 4, i * 4 + 4), { maxParallel: 1 }));
    await chat.pass(20_000);
    await chat.slack.down();
    for (let minute = 0; minute < 10; minute += 1) {
      for (const held of await rollout.deliver()) await rollout.succeed(held);
      const late = await rollout.install(2, [hosts[0]!], {});
      jobs.push(late);
      for (let i = 0; i < 12; i += 1) {
        chat.world.time.now += 5_000;
        await chat.settle();
      }
    }
    await rollout.finish();
    await chat.settle();
    const status = await showSlackStatus.run(chat.world.ctx, signalboxActor, {});
    expect(status.problem?.code).toBe('slack_unreachable');
    expect(status.waiting).toBeGreaterThan(5);
    expect(chat.world.time.now - status.waitingSince!).toBeGreaterThan(8 * MINUTE);
    for (const id of jobs) expect((await rollout.job(id)).endedAt).not.toBeNull();
    await chat.slack.up();
    await chat.pass(MINUTE);
    for (const id of jobs) expect(chat.card(channels.releases, `Job ${id}.`).text).toMatch(/Succeeded/);
    expect(chat.slack.posts(channels.releases)).toHaveLength(jobs.length);
    expectPaced(chat);
    await chat.pass(2 * MINUTE, 3_000);
    expect(await stillDue(chat)).toEqual([]);
    expect(await showSlackStatus.run(chat.world.ctx, signalboxActor, {})).toMatchObject({ problem: null, waiting: 0 });
  });

  test('saying 429 is heeded: no call before its time is over, and then everything', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await readToEnd(chat.world.ctx);
    chat.slack.faults.rateLimit('chat.postMessage', 30);
    await chat.settle();
    const before = chat.slack.calls().length;
    await chat.pass(29_000);
    expect(chat.slack.calls()).toHaveLength(before);
    await chat.pass(5_000);
    chat.card(channels.releases, 'Install of orders');
  });

  test('taking no files gets the end of a job in words', async () => {
    const { workspace } = chat.slack;
    const { scopes } = workspace;
    workspace.scopes = scopes.filter((scope) => scope !== 'files:write');
    try {
      const hosts = await ready(chat, 1);
      await rollout.install(1, hosts);
      await rollout.finish();
      await chat.pass(15_000);
      const replies = chat.slack.thread(chat.card(channels.releases, 'Install of orders'));
      expect(replies.map((reply) => chat.words(reply)).join()).toMatch(/your <[^>]+\|job 3>/);
      expect(replies.flatMap(({ files }) => files)).toEqual([]);
    } finally {
      workspace.scopes = scopes;
    }
  });

  test('refusing a channel keeps that message waiting, and no other', async () => {
    const hosts = await ready(chat, 4);
    const { $client: sql } = chat.world.ctx.db;
    await rollout.install(1, hosts.slice(0, 2));
    await sql`update product set slack_channel = ${channels.elsewhere}`;
    await chat.pass(3_000);
    await sql`update product set slack_channel = null`;
    await rollout.install(2, hosts.slice(2));
    await chat.pass(5_000);
    chat.card(channels.releases, 'Install of orders 2.0.0');
    const status = await showSlackStatus.run(chat.world.ctx, signalboxActor, {});
    expect(status.problem).toMatchObject({
      code: 'not_in_channel',
      sentence: expect.stringContaining('Invite it') as string,
    });
    chat.slack.workspace.channels.get(channels.elsewhere)?.members.add(chat.slack.workspace.botUser);
    await chat.pass(3 * MINUTE, 3_000);
    expect(chat.slack.posts(channels.releases)).toHaveLength(2);
    expect(await stillDue(chat)).toEqual([]);
  });
});

describe('more than Slack lets through', () => {
  test('is told by urgency: ends and approvals first; cards that are held back say of when they are', async () => {
    const slack = chat.world.ctx.config.slack!;
    const { messagesPerMinute } = slack;
    Object.assign(slack, { messagesPerMinute: 20 });
    try {
      const hosts = await ready(chat, 40);
      await chat.open();
      const jobs: number[] = [];
      for (const host of hosts) jobs.push(await rollout.install(1, [host]));
      await chat.pass(3_000);
      expect(chat.slack.posts(channels.releases).length).toBeLessThan(10);
      expect(chat.slack.posts(channels.releases).some((card) => chat.words(card).includes('updated <!date'))).toBe(
        true,
      );
      const [held] = await rollout.deliver();
      await rollout.succeed(held!);
      await chat.pass(10_000);
      const ended = chat.slack.posts(channels.releases).filter(({ text }) => text.includes('Succeeded'));
      expect(ended).toHaveLength(1);
      expect(chat.words(ended[0]!)).not.toContain('updated <!date');
      await chat.pass(12 * MINUTE, 5_000);
      for (const id of jobs) chat.card(channels.releases, `Job ${id}.`);
      expectPaced(chat, 20);
      expect(await stillDue(chat)).toEqual([]);
    } finally {
      Object.assign(slack, { messagesPerMinute });
    }
  }, 120_000);
});
