import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRenderer, rendererLockClass } from '../../bot/render/start.ts';
import { slackClients } from '../../bot/slack/clients.ts';
import { putSlackAccount } from '../../db/queries/slack-wire.ts';
import { incidentViews } from '../../db/queries/steering-views.ts';
import { openSessionLocks } from '../../db/session-lock.ts';
import { breakGlass } from '../../server/services/approval/break-glass.ts';
import { decideApproval } from '../../server/services/approval/decide.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { acknowledgeIncident } from '../../server/services/incident/acknowledge.ts';
import { escalateToOthers } from '../../server/services/incident/escalate.ts';
import { resolveIncident } from '../../server/services/incident/resolve.ts';
import { startRollback } from '../../server/services/rollback/start.ts';
import { requestDownload } from '../../server/services/release/request-download.ts';
import { showSlackStatus } from '../../server/services/slack/status.ts';
import { readToEnd } from '../../server/services/slack/reader.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { recordLog } from '../../server/services/task/report.ts';
import { endTask } from '../../server/services/task/end.ts';
import { openChat, type Chat } from '../support/slack/renderer.ts';
import { channels, users } from '../support/slack/workspace.ts';
import { apply } from '../support/fleet.ts';
import { personOf } from '../support/people.ts';
import { fleetFile } from '../support/rollout-in-hand.ts';
import { until } from '../support/until.ts';
import { rollouts } from '../support/rollout.ts';
import { declareFleet, publish, start } from '../support/world.ts';

const MINUTE = 60_000;

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
beforeAll(async () => {
  chat = await openChat({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(chat.world);
});
beforeEach(async () => {
  chat.slack.faults.heal();
  chat.slack.workspace.messages.length = 0;
  chat.slack.workspace.received.length = 0;
  await readToEnd(chat.world.ctx);
  await chat.open();
});
afterEach(() => chat.world.clear());
afterAll(() => chat.close());

/** Hosts with releases 1 and 2 on the server; what happened before is not in Slack. */
async function ready(targets: number): Promise<number[]> {
  await declareFleet(chat.world, { targets });
  await publish(chat.world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
  await readToEnd(chat.world.ctx);
  const { $client: sql } = chat.world.ctx.db;
  await sql`truncate slack_message`;
  return Array.from({ length: targets }, (_, i) => i + 1);
}

const messages = () => chat.world.ctx.db.$client<
  { part: string; purpose: string; due_at: Date | null; final: boolean }[]
>`
  select purpose, part, due_at, final from slack_message order by id`;

/** No minute has more posts and updates than the settings allow, no channel two posts a second, no message two changes in three. */
function expectPaced(perMinute = 45): void {
  const times = chat.sends().map(({ at }) => at);
  for (const [i, at] of times.entries()) {
    expect(times.filter((other, j) => j >= i && other - at < MINUTE).length).toBeLessThanOrEqual(perMinute);
  }
  const posts = chat.sends().filter(({ kind }) => kind === 'post');
  for (const of of Map.groupBy(posts, ({ channel }) => channel).values()) expectApart(of, 1_000);
  for (const of of Map.groupBy(chat.sends(), ({ channel, ts }) => `${channel} ${ts}`).values()) expectApart(of, 3_000);
}

function expectApart(sends: readonly { at: number }[], ms: number): void {
  sends.slice(1).forEach(({ at }, i) => expect(at - sends[i]!.at).toBeGreaterThanOrEqual(ms));
}

describe('the card of a job', () => {
  test('is one message that follows the job to its end, and its thread has the steps', async () => {
    const hosts = await ready(3);
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
    expect((await messages()).filter(({ due_at }) => due_at !== null)).toEqual([]);
    expect((await messages()).every(({ final }) => final)).toBe(true);
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
    const hosts = await ready(2);
    await rollout.install(1, hosts);
    await chat.pass(5_000);
    const { length } = chat.sends();
    const { $client: sql } = chat.world.ctx.db;
    await sql`update slack_message set due_at = now() - interval '10 years'`;
    await chat.pass(20_000);
    expect(chat.sends()).toHaveLength(length);
  });

  test('is posted again when somebody has deleted it', async () => {
    const hosts = await ready(2);
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
    const hosts = await ready(2);
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
    const hosts = await ready(2);
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
    const hosts = await ready(2);
    await rollout.install(1, hosts);
    await readToEnd(chat.world.ctx);
    const { $client: sql } = chat.world.ctx.db;
    await sql`update slack_message set due_at = null, attempted_at = ${new Date(chat.world.time.now).toISOString()}`;
    await chat.open();
    await chat.pass(10_000);
    expect(chat.slack.posts(channels.releases)).toHaveLength(1);
  });
});

describe('Slack', () => {
  test('away for ten minutes during running jobs blocks nothing and loses nothing; cards are true within a minute after', async () => {
    const hosts = await ready(12);
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
    expectPaced();
    await chat.pass(2 * MINUTE, 3_000);
    expect((await messages()).filter(({ due_at }) => due_at !== null)).toEqual([]);
    expect(await showSlackStatus.run(chat.world.ctx, signalboxActor, {})).toMatchObject({ problem: null, waiting: 0 });
  });

  test('saying 429 is heeded: no call before its time is over, and then everything', async () => {
    const hosts = await ready(2);
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
      const hosts = await ready(1);
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
    const hosts = await ready(4);
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
    expect((await messages()).filter(({ due_at }) => due_at !== null)).toEqual([]);
  });
});

describe('an incident', () => {
  async function broken(): Promise<{ jobId: number }> {
    const hosts = await ready(3);
    await rollout.install(1, hosts);
    await rollout.finish();
    const jobId = await rollout.install(2, hosts);
    await chat.pass(10_000);
    const held = await rollout.deliver();
    const { ctx } = chat.world;
    const content = Buffer.from('one\n<!channel> & two\n');
    await recordLog(ctx, held[0]!, { from: 0, to: content.length, content });
    await rollout.fail(held[0]!, '2.0.0');
    for (const one of held.slice(1)) await rollout.succeed(one);
    await chat.pass(10_000);
    return { jobId };
  }
  const thread = () => chat.slack.thread(chat.card(channels.incidents, 'Incident 1'));
  const said = () => thread().map((message) => chat.words(message));

  test('has its thread in the escalation channel: failing hosts with their last lines, the evidence, the permalink', async () => {
    const { jobId } = await broken();
    const card = chat.card(channels.incidents, 'Incident 1');
    expect(chat.words(card)).toContain(`https://signalbox.example/jobs/${jobId}`);
    const [hosts] = said().filter((text) => text.includes('Last lines of its log'));
    expect(hosts).toContain('one\\n<!channel> & two');
    expect(hosts).toContain(`<https://signalbox.example/jobs/${jobId}|line-1>`);
    expect(thread().flatMap(({ files }) => files.map(({ name }) => name))).toEqual([`signalbox-job-${jobId}.tar.gz`]);
    const [incident] = await incidentViews(chat.world.ctx.db, {});
    expect(incident?.slackUrl).toContain(card.ts.replace('.', ''));
    const { $client: sql } = chat.world.ctx.db;
    expect(await sql`select detail->>'url' as url from activity where kind = 'incident.threaded'`).toEqual([
      { url: incident?.slackUrl },
    ]);
  });

  test('tells every step of the recovery to its end, once, in the order in which they were taken', async () => {
    const { jobId } = await broken();
    const { ctx, operator } = chat.world;
    await acknowledgeIncident.run(ctx, operator, { id: 1 });
    await chat.pass(2_000);
    await escalateToOthers.run(ctx, operator, { id: 1, reason: 'more hands' });
    await chat.pass(2_000);
    await createHold.run(ctx, operator, { scope: { product: 'orders' }, reason: 'nothing moves', strict: false });
    await chat.pass(2_000);
    await startRollback.run(ctx, operator, { id: jobId, reason: 'it broke' });
    await chat.pass(2_000);
    await rollout.finish();
    await chat.pass(2_000);
    await resolveIncident.run(ctx, operator, { id: 1, resolution: 'back on 1.0.0' });
    await chat.pass(20_000);
    const heads = thread()
      .map(({ text }) => text)
      .filter((text) => text.startsWith('Incident 1: '));
    expect(heads).toEqual([
      expect.stringContaining('Ana has it'),
      expect.stringContaining('Ana asks for help'),
      expect.stringContaining('Ana put a hold on orders'),
      expect.stringMatching(/Rollback of orders to 1\.0\.0 .*Queued/),
      expect.stringMatching(/Rollback of orders to 1\.0\.0 .*Succeeded/),
      expect.stringContaining('Resolved by Ana'),
    ]);
    expect(thread().find(({ text }) => text.includes('asks for help'))?.broadcast).toBe(true);
    expect(chat.card(channels.incidents, 'Incident 1').text).toContain('Resolved');
    expect((await messages()).filter(({ final }) => !final)).toEqual([]);
  });

  test('mentions who asked for the job, where they are linked', async () => {
    await chat.world.clear();
    const hosts = await ready(2);
    const ana = await personOf(chat.world, 'Ana', 'operator');
    const link = { team: chat.slack.workspace.team, user: users.ana, userName: 'ana', personId: ana.id as number };
    await chat.world.ctx.db.transaction((tx) => putSlackAccount(tx, { ...link, linkedAt: chat.world.time.now }));
    await rollout.install(1, hosts);
    await rollout.finish([1]);
    await chat.pass(15_000);
    const [evidence] = thread().filter(({ files }) => files.length > 0);
    expect(evidence?.text).toMatch(new RegExp(`^<@${users.ana}> Install of orders 1.0.0: Failed`));
  });
});

describe('an approval', () => {
  const approvals = [
    { name: 'two-eyes', match: { actions: ['install'] }, required: 1, roles: ['approver'], expiresAfter: '4h' },
  ];

  async function asked(): Promise<void> {
    await apply(chat.world, fleetFile({ hosts: { plant: ['line-1', 'line-2'] }, approvals }));
    await publish(chat.world, ['1.0.0', '2.0.0']);
    await rollout.download([1, 2]);
    await readToEnd(chat.world.ctx);
    await chat.world.ctx.db.$client`truncate slack_message`;
    await rollout.install(1, [1, 2]);
  }

  test('is reminded of in its thread at a quarter, a half and three quarters of its time, and never after its end', async () => {
    await asked();
    await chat.pass(5_000);
    const card = chat.card(channels.releases, 'Approval wanted');
    const reminders = () => chat.slack.thread(card).length;
    for (const [hours, expected] of [
      [0.9, 0],
      [1.1, 1],
      [2.1, 2],
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
    expect(await messages()).not.toContainEqual(expect.objectContaining({ part: 'reminder:75' }));
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
});

describe('of two processes', () => {
  test('one sends, and the other goes on when it is gone', async () => {
    const hosts = await ready(2);
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

describe('more than Slack lets through', () => {
  test('is told by urgency: ends and approvals first; cards that are held back say of when they are', async () => {
    const slack = chat.world.ctx.config.slack!;
    const { messagesPerMinute } = slack;
    Object.assign(slack, { messagesPerMinute: 20 });
    try {
      const hosts = await ready(40);
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
      expectPaced(20);
      expect((await messages()).filter(({ due_at }) => due_at !== null)).toEqual([]);
    } finally {
      Object.assign(slack, { messagesPerMinute });
    }
  }, 120_000);
});

describe('without a channel', () => {
  test('nothing is kept, and the status says what to set', async () => {
    const hosts = await ready(1);
    const slack = chat.world.ctx.config.slack!;
    const { channel, escalation } = slack;
    Object.assign(slack, { channel: null, escalation: null });
    try {
      await rollout.install(1, hosts);
      await rollout.finish([1]);
      await chat.pass(10_000);
      expect(await messages()).toEqual([]);
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
    const hosts = await ready(2);
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
    const hosts = await ready(2);
    await rollout.install(1, hosts);
    await chat.pass(10_000);
    const { $client: sql } = chat.world.ctx.db;
    await sql`update log_reader set cursor = '99999999999.1'`;
    await rollout.finish();
    await chat.pass(10_000);
    expect(chat.card(channels.releases, 'Install of orders').text).toContain('Succeeded');
  });
});

describe('a thousand hosts that fail within ten seconds', () => {
  test('cost at most 2 posts and 12 updates', async () => {
    const hosts = await ready(1_000);
    const id = await rollout.install(1, hosts, { maxParallel: 1_000 });
    const held = await rollout.deliver();
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
    expectPaced();
    expect((await messages()).filter(({ due_at }) => due_at !== null)).toEqual([]);
  }, 240_000);
});
