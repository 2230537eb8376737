import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { rendererLockClass, startRenderer } from '../../../bot/render/start.ts';
import { slackClients } from '../../../bot/slack/clients.ts';
import { openSessionLocks } from '../../../db/session-lock.ts';
import { requestDownload } from '../../../server/services/release/request-download.ts';
import { readToEnd } from '../../../server/services/slack/reader.ts';
import { showSlackStatus } from '../../../server/services/slack/status.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import type { Chat } from '../../support/slack/renderer.ts';
import { channels } from '../../support/slack/workspace.ts';
import { until } from '../../support/until.ts';
import { messages, MINUTE, ready, stillDue, useChat } from '../../support/slack/chat-suite.ts';
import { declareFleet, publish } from '../../support/world.ts';
import type { rollouts } from '../../support/rollout.ts';

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
useChat((...opened) => ([chat, rollout] = opened));

describe('the card of a job', () => {
  test('is one message that follows the job to its end, and its thread has the steps', async () => {
    const hosts = await ready(chat, 3);
    const id = await rollout.install(1, hosts);
    await chat.pass(3_000);
    const card = chat.card(channels.releases, 'Install of orders 1.0.0');
    await rollout.finish();
    await chat.pass(10_000);
    expect(chat.slack.posts(channels.releases)).toHaveLength(1);
    expect(card.text).toContain('Succeeded');
    expect(card.text).toContain(`Job ${id}.`);
    const thread = chat.slack.thread(card);
    expect(thread.map((reply) => chat.words(reply)).join()).toContain('It started on the first of 3 hosts');
    expect(thread.flatMap(({ files }) => files.map(({ name }) => name))).toEqual([`signalbox-job-${id}.tar.gz`]);
    expect(await stillDue(chat)).toEqual([]);
    expect((await messages(chat)).every(({ final }) => final)).toBe(true);
  });

  test('shows a download too, briefly', async () => {
    await declareFleet(chat.world, { targets: 1 });
    await publish(chat.world, ['1.0.0']);
    await requestDownload.run(chat.world.ctx, chat.world.operator, { id: 1 });
    await chat.pass(3_000);
    const card = chat.card(channels.releases, 'Download of orders 1.0.0');
    expect(chat.slack.thread(card)).toEqual([]);
  });

  test('costs nothing as long as it would say the same', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await chat.pass(5_000);
    const { length } = chat.sends();
    const { $client: sql } = chat.world.ctx.db;
    await sql`update slack_message set due_at = now() - interval '10 years'`;
    await chat.pass(20_000);
    expect(chat.sends()).toHaveLength(length);
  });

  test('is posted again when somebody has deleted it', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await chat.pass(5_000);
    const card = chat.card(channels.releases, 'Install of orders');
    card.deletedAt = chat.world.time.now;
    await rollout.finish();
    await chat.pass(10_000);
    const again = chat.card(channels.releases, 'Install of orders');
    expect(again.ts).not.toBe(card.ts);
    expect(again.text).toContain('Succeeded');
  });

  test('gets one when the bot is there for the first time, and what has ended gets none', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await rollout.finish();
    await rollout.install(2, hosts);
    const { $client: sql } = chat.world.ctx.db;
    await sql`truncate slack_message, log_reader`;
    await chat.pass(10_000);
    expect(chat.slack.posts(channels.releases).map(({ text }) => text)).toEqual([
      expect.stringContaining('Install of orders 2.0.0'),
    ]);
  });
});

describe('a process that is killed', () => {
  test('while it posts leaves nothing lost and nothing double: the post is found by the key that it carries', async () => {
    chat.slack.workspace.scopes = [...chat.slack.workspace.scopes, 'channels:history'];
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await readToEnd(chat.world.ctx);
    chat.world.time.now += 3_000;
    // Slack has it, and whoever posted it never hears of it.
    chat.slack.faults.plan('chat.postMessage', { kind: 'lost' });
    await chat.settle(await chat.open());
    expect(chat.slack.posts(channels.releases)).toHaveLength(1);
    await chat.open();
    await rollout.finish();
    await chat.pass(30_000);
    expect(chat.slack.posts(channels.releases)).toHaveLength(1);
    expect(chat.card(channels.releases, 'Install of orders').text).toContain('Succeeded');
    const [{ key } = { key: '' }] = chat.slack
      .posts(channels.releases)
      .map(({ metadata }) => metadata?.['event_payload'] as { key: string });
    expect(key).toContain('https://signalbox.example job.');
  });

  test('between a look and its end leaves the message due', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await readToEnd(chat.world.ctx);
    const { $client: sql } = chat.world.ctx.db;
    await sql`update slack_message set due_at = null, attempted_at = ${new Date(chat.world.time.now).toISOString()}`;
    await chat.open();
    await chat.pass(10_000);
    expect(chat.slack.posts(channels.releases)).toHaveLength(1);
  });
});

describe('of two processes', () => {
  test('one sends, and the other goes on when it is gone', async () => {
    const hosts = await ready(chat, 2);
    const { ctx, url } = chat.world;
    const { background: client } = slackClients(ctx.config.slack!, ctx.log);
    const leads: number[] = [];
    const processes = [0, 1].map((index) => {
      const locks = openSessionLocks(url, `bot-${index}`);
      const lead = async () => {
        const leading = await locks.lead(rendererLockClass);
        if (leading) leads[index] = (leads[index] ?? 0) + 1;
        return leading;
      };
      const stop = startRenderer(ctx, { client, lead });
      return { stop: () => stop().then(() => locks.close()) };
    });
    const ticking = new AbortController();
    const clock = tick(ticking.signal);
    try {
      const first = (await until('a leader', () => leads.findIndex((times) => times > 0) + 1 || null)) - 1;
      await rollout.install(1, hosts);
      await until('the card', () => chat.slack.posts(channels.releases).length === 1);
      expect(leads[1 - first]).toBeUndefined();
      await processes[first]!.stop();
      await rollout.finish();
      await until('the end', () => chat.slack.posts(channels.releases)[0]?.text.includes('Succeeded'));
      expect(leads[1 - first]).toBeGreaterThan(0);
      expect(chat.slack.posts(channels.releases)).toHaveLength(1);
      await processes[1 - first]!.stop();
    } finally {
      ticking.abort();
      await clock;
      for (const { stop } of processes) await stop();
    }
  });

  /** Time passes by itself, four times as fast. */
  async function tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      chat.world.time.now += 400;
      await pause(100);
    }
  }
});

describe('without a channel', () => {
  test('nothing is kept, and the status says what to set', async () => {
    const hosts = await ready(chat, 1);
    const slack = chat.world.ctx.config.slack!;
    const { channel, escalation } = slack;
    Object.assign(slack, { channel: null, escalation: null });
    try {
      await rollout.install(1, hosts);
      await rollout.finish([1]);
      await chat.pass(10_000);
      expect(await messages(chat)).toEqual([]);
      expect(chat.sends()).toEqual([]);
      const status = await showSlackStatus.run(chat.world.ctx, signalboxActor, {});
      expect(status).toMatchObject({ waiting: 0, problem: { code: 'no_channel' } });
    } finally {
      Object.assign(slack, { channel, escalation });
    }
  });
});

describe('a bot that was away for more than a day', () => {
  test('tells what is under way, and nothing of what has ended meanwhile', async () => {
    const hosts = await ready(chat, 2);
    await chat.settle();
    await rollout.install(1, hosts);
    await rollout.finish();
    chat.world.time.now += 25 * 60 * MINUTE;
    await rollout.install(2, hosts);
    await chat.pass(10_000);
    expect(chat.slack.posts(channels.releases).map(({ text }) => text)).toEqual([
      expect.stringContaining('Install of orders 2.0.0'),
    ]);
  });
});

describe('a database that was set back', () => {
  test('makes the reader begin at its end, and look at every card again', async () => {
    const hosts = await ready(chat, 2);
    await rollout.install(1, hosts);
    await chat.pass(10_000);
    const { $client: sql } = chat.world.ctx.db;
    await sql`update log_reader set cursor = '99999999999.1'`;
    await rollout.finish();
    await chat.pass(10_000);
    expect(chat.card(channels.releases, 'Install of orders').text).toContain('Succeeded');
  });
});
