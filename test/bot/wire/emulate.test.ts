import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Entries } from '../../../bot/entries.ts';
import type { Dialog } from '../../../bot/message.ts';
import { showSlackStatus } from '../../../server/services/slack/status.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { eventually } from '../../support/eventually.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';

/**
 * An independent judge: `emulate`, a stand-in of Slack's Web API that nobody here wrote. It sends neither commands nor
 * clicks, so those are made and signed by ours; what the bot asks and tells goes to emulate.
 */
const token = 'xoxb-of-the-emulator';
const team = 'T000000001';
const channel = 'C000000001';
let emulator: Emulator;
let site: BotSite;
let ana: string;

const dialog: Dialog = {
  type: 'modal',
  private_metadata: 'draft-1',
  title: { type: 'plain_text', text: 'Hold orders' },
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Why is it held?' } }],
};
const opened: string[] = [];
const entries: Entries = {
  ...echo,
  async command(bot, caller, text) {
    if (text !== 'hold') return echo.command(bot, caller, text);
    const { viewId } = await bot.openDialog(caller, dialog);
    opened.push(viewId);
    return { kind: 'opened' };
  },
};

async function api<T>(method: string, args: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`${emulator.url}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(args).toString(),
  });
  return (await response.json()) as T;
}

/** What emulate's own page shows: the only place where it tells messages that one person sees. */
const shown = async (tab: string) => (await fetch(`${emulator.url}/?tab=${tab}&channel=${channel}`)).text();

beforeAll(async () => {
  const seed = { slack: { users: [{ name: 'ana', real_name: 'Ana Soto' }], tokens: [{ token, user: 'admin' }] } };
  emulator = await createEmulator({ service: 'slack', port: 0, seed });
  const { members } = await api<{ members: { id: string; name: string }[] }>('users.list');
  ana = members.find(({ name }) => name === 'ana')?.id ?? '';
  await api('conversations.invite', { channel, users: ana });
  const settings = { SLACK_API_URL: `${emulator.url}/api/`, SLACK_BOT_TOKEN: token, SLACK_TEAMS: team };
  site = await openBotSite({ entries, settings });
  // The link stands for the workspace of our stand-in; here it is emulate's.
  await site.linked(ana, 'Ana', 'operator');
  await site.world.ctx.db.$client`update slack_account set team = ${team}`;
});
afterAll(async () => {
  await site.close();
  await emulator.close();
});

function commandOf(user: string, text: string, trigger: string) {
  return site.slack.deliver('slash_commands', {
    command: '/release',
    text,
    team_id: team,
    user_id: user,
    channel_id: channel,
    trigger_id: trigger,
    response_url: `${emulator.url}/there-is-none`,
  });
}

describe('against emulate 0.12.2', () => {
  test('the bot finds out who it is, and says that Slack is there', async () => {
    await eventually(async () =>
      expect(await showSlackStatus.run(site.world.ctx, signalboxActor, {})).toMatchObject({ team, problem: null }),
    );
  });

  test('a member is let through; somebody whom Slack does not know is not', async () => {
    expect(textOf((await commandOf(ana, 'status', 't1')).answer)).toBe('Ana (operator) said status');
    expect(textOf((await commandOf('U0NOBODY01', 'status', 't2')).answer)).toContain('does not know you');
  });

  test('a mention is answered ephemerally, where it was said', async () => {
    const event = { type: 'app_mention', user: ana, text: '<@U000000001> status', ts: '1772438400.000100', channel };
    const body = { type: 'event_callback', team_id: team, event_id: 'Ev1', event_time: 1, event };
    expect((await site.slack.deliver('events_api', body)).outcome).toBe('ok');
    await eventually(async () => expect((await shown('messages')).includes('Ana (operator) said status')).toBe(true));
  });

  test('a dialog opens with a trigger of theirs, once; a second time the person is told that it did not', async () => {
    const { trigger_id: trigger } = await api<{ trigger_id: string }>('views.generateTriggerId', { user_id: ana });
    expect(await commandOf(ana, 'hold', trigger)).toMatchObject({ outcome: 'ok', answer: null });
    expect(opened).toEqual([expect.stringMatching(/^V/)]);
    expect((await shown('views')).includes('Why is it held?')).toBe(true);
    const other = await commandOf(ana, 'hold', 'a-trigger-of-nobody');
    expect(textOf(other.answer)).toContain('Slack did not open the dialog (');
  });
});
