import { afterEach, describe, expect, test } from 'vitest';
import { showSlackStatus } from '../../../server/services/slack/status.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { eventually } from '../../support/eventually.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';
import { channels, users } from '../../support/slack/workspace.ts';

/** Against our own stand-in at Slack's protocol, which goes away and comes back. */
let site: BotSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const statusOf = ({ world }: BotSite) => showSlackStatus.run(world.ctx, signalboxActor, {});

describe('Slack is away', () => {
  test('at the start: the bot starts all the same, says since when and why, and is there once Slack is', async () => {
    const it = (site = await openBotSite({ entries: echo }));
    await it.linked(users.ana, 'Ana', 'operator');
    await it.slack.down();
    const began = it.world.time.now;
    await it.restartBot();
    const problem = { code: 'slack_away', sentence: expect.stringContaining('Slack does not answer') as string };
    await eventually(async () => expect(await statusOf(it)).toMatchObject({ problem, problemSince: began }));
    it.world.time.now += 60_000;
    await eventually(async () => expect((await statusOf(it)).problemSince, 'since the first problem').toBe(began));
    await it.slack.up();
    await eventually(async () =>
      expect(await statusOf(it)).toMatchObject({ problem: null, problemSince: null, lastOkAt: began + 60_000 }),
    );
    const { answer } = await it.slack.person(users.ana).command('status', channels.releases);
    expect(textOf(answer)).toBe('Ana (operator) said status');
  });

  test('Socket Mode comes back by itself: after a renewal, after a cut, and after an outage', async () => {
    const it = (site = await openBotSite({ entries: echo, socketMode: true }));
    await it.linked(users.ana, 'Ana', 'operator');
    const { slack } = it;
    const sockets = it.sockets as NonNullable<BotSite['sockets']>;
    const opened = () => slack.calls('apps.connections.open').length;
    const answers = () =>
      eventually(async () => {
        const { outcome, answer } = await slack.person(users.ana).command('status', channels.releases);
        expect({ outcome, text: textOf(answer) }).toEqual({ outcome: 'ok', text: 'Ana (operator) said status' });
      });
    await answers();
    sockets.refresh();
    await eventually(() => expect(opened()).toBe(2));
    await answers();
    sockets.cut();
    await eventually(() => expect(opened()).toBe(3));
    await answers();
    slack.faults.plan('apps.connections.open', { kind: 'status', status: 503 }, Infinity);
    sockets.cut();
    await eventually(async () => expect((await statusOf(it)).problem?.code).toBe('slack_away'));
    slack.faults.heal();
    await answers();
    await eventually(async () => expect((await statusOf(it)).problem).toBeNull());
  });

  test('a token of another workspace is no Slack of ours, and the console says so', async () => {
    const it = (site = await openBotSite({ entries: echo, settings: { SLACK_TEAMS: 'T0ANOTHER1' } }));
    await eventually(async () => expect((await statusOf(it)).problem?.code).toBe('other_team'));
  });

  test('nothing of the server waits for it: without an answer of Slack its pages and verbs go on', async () => {
    const it = (site = await openBotSite({ entries: echo }));
    it.slack.faults.plan(null, { kind: 'hang' }, Infinity);
    await it.restartBot();
    const asked = performance.now();
    const cookie = await it.cookieOf(['viewer']);
    const status = await it.send('GET', '/api/v1/slack', { headers: { cookie } });
    expect(status.status).toBe(200);
    // Slack would be waited for until the end of the test.
    expect(performance.now() - asked).toBeLessThan(10_000);
  });
});
