import { describe, expect, test } from 'vitest';
import { putSlackAccount } from '../../../db/queries/slack-wire.ts';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { acknowledgeIncident } from '../../../server/services/incident/acknowledge.ts';
import { escalateToOthers } from '../../../server/services/incident/escalate.ts';
import { resolveIncident } from '../../../server/services/incident/resolve.ts';
import { startRollback } from '../../../server/services/rollback/start.ts';
import { recordLog } from '../../../server/services/task/report.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { personOf } from '../../support/people.ts';
import type { Chat } from '../../support/slack/renderer.ts';
import { messages, MINUTE, ready, useChat } from '../../support/slack/chat-suite.ts';
import { install } from '../../support/rollout-in-hand.ts';
import { channels, users } from '../../support/slack/workspace.ts';
import type { rollouts } from '../../support/rollout.ts';

let chat: Chat;
let rollout: ReturnType<typeof rollouts>;
useChat((...opened) => ([chat, rollout] = opened));

describe('an incident', () => {
  /** Workers take tasks in no order. */
  let failing = 0;
  async function broken(): Promise<{ jobId: number }> {
    const hosts = await ready(chat, 3);
    await rollout.install(1, hosts);
    await rollout.finish();
    const jobId = await rollout.install(2, hosts);
    await chat.pass(10_000);
    const held = await rollout.deliver();
    const { ctx } = chat.world;
    const content = Buffer.from('one\n<!channel> & two\n');
    await recordLog(ctx, held[0]!, { from: 0, to: content.length, content });
    failing = await rollout.hostOf(held[0]!);
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
    expect(hosts).toContain(`<https://signalbox.example/jobs/${jobId}|line-${failing}>`);
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
    expect((await messages(chat)).filter(({ final }) => !final)).toEqual([]);
  });

  test('shows a hold, and offers to release it, only as long as it is in force', async () => {
    await broken();
    const card = chat.card(channels.incidents, 'Incident 1');
    const { ctx, operator, time } = chat.world;
    const expiresAt = time.now + 10 * MINUTE;
    await createHold.run(ctx, operator, {
      scope: { product: 'orders' },
      reason: 'line down',
      strict: false,
      expiresAt,
    });
    await chat.pass(15_000);
    expect(chat.words(card)).toContain('hold.release');
    time.now = expiresAt;
    await chat.pass(15_000);
    expect(chat.words(card)).not.toContain('hold.release');
  });

  test('mentions who asked for the job, and nobody else of that name', async () => {
    const hosts = await ready(chat, 2);
    for (const user of [users.ana, users.ben]) await linked(user);
    await install(chat.world, hosts, {}, await linked(users.cleo));
    await rollout.finish([1]);
    await chat.pass(15_000);
    const [evidence] = thread().filter(({ files }) => files.length > 0);
    expect(evidence?.text).toMatch(new RegExp(`^<@${users.cleo}> Install of orders 1.0.0: Failed`));
  });

  /** One more Ana. */
  async function linked(user: string): Promise<Actor> {
    const ana = await personOf(chat.world, 'Ana', 'operator');
    const link = { team: chat.slack.workspace.team, user, userName: 'ana', personId: ana.id as number };
    await chat.world.ctx.db.transaction((tx) => putSlackAccount(tx, { ...link, linkedAt: chat.world.time.now }));
    return ana;
  }
});
