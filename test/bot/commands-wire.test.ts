import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { slackMessage } from '../../db/schema/index.ts';
import { eventually } from '../support/eventually.ts';
import { install, readyFleet } from '../support/rollout-in-hand.ts';
import { rollouts } from '../support/rollout.ts';
import { openBotSite, type BotSite } from '../support/slack/bot-site.ts';
import { textOf } from '../support/slack/echo.ts';
import { channels, users } from '../support/slack/workspace.ts';

/** Through real Bolt over signed HTTP, against our own stand-in at Slack's protocol. */
let site: BotSite;
beforeAll(async () => {
  site = await openBotSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
});
beforeEach(async () => {
  await site.world.clear();
  await readyFleet(site.world, { hosts: { plant: ['press-1', 'press-2'] } });
  await site.linked(users.ana, 'Ana', 'operator');
});
afterAll(() => site.close());

test('what Slack makes of the line on its way is read as it was typed', async () => {
  const { slack } = site;
  const ana = slack.person(users.ana);
  const put = await ana.command('hold host <http://press-1|press-1> “a &lt; b &amp;amp; c” —strict', channels.releases);
  expect(textOf(put.answer)).toContain(
    '‖ Hold #1 on host press-1 until it is released, rollbacks too: "a &lt; b &amp;amp; c" (Ana)',
  );
  expect(textOf((await ana.command('lst', channels.releases)).answer)).toContain('Did you mean list?');
});

test('an install opens its dialog with the trigger of the command', async () => {
  const { slack } = site;
  const { outcome } = await slack.person(users.ana).command('install 1.1.0 on press-1', channels.releases);
  expect(outcome).toBe('ok');
  await eventually(() => expect(JSON.stringify(slack.calls('views.update').at(-1)?.args)).toContain('1.1.0'));
});

test('a mention in the thread of a card means its job; one that needs a dialog gets the button', async () => {
  const { slack, world } = site;
  const job = await install(world, [1, 2]);
  await rollouts(world).finish([1]);
  const ts = '1772438400.000100';
  await world.ctx.db.insert(slackMessage).values({ purpose: 'job', entityId: job, channel: channels.releases, ts });
  const ana = slack.person(users.ana);
  await ana.mention('status', channels.releases, ts);
  await eventually(() => expect(JSON.stringify(slack.whispers(users.ana).at(-1))).toContain('Install of orders 1.0.0'));
  await ana.mention('rollback', channels.releases, ts);
  await eventually(() => expect(JSON.stringify(slack.whispers(users.ana).at(-1))).toContain('job.rollback'));
});
