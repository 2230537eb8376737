import { afterEach, describe, expect, test } from 'vitest';
import { WebClient } from '@slack/web-api';
import { said } from '../../../bot/caller.ts';
import type { Entries } from '../../../bot/entries.ts';
import type { Dialog } from '../../../bot/message.ts';
import { words } from '../../../bot/slack/refused.ts';
import { openBotSite, type BotSite, type BotSiteOptions } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';
import { channels, users } from '../../support/slack/workspace.ts';
import { eventually } from '../../support/eventually.ts';

/** Against our own stand-in at Slack's protocol. */
let site: BotSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

/** A message with these buttons, by the bot. */
async function posted({ apiUrl, workspace, posts }: BotSite['slack'], ...buttons: [id: string, value: string][]) {
  const elements = buttons.map(([action_id, value]) => ({
    type: 'button' as const,
    action_id,
    text: { type: 'plain_text' as const, text: action_id },
    ...(action_id.startsWith('link.') ? { url: value } : { value }),
  }));
  const client = new WebClient(workspace.botToken, { slackApiUrl: apiUrl });
  await client.chat.postMessage({ channel: channels.releases, text: 'card', blocks: [{ type: 'actions', elements }] });
  return posts(channels.releases).at(-1) as ReturnType<typeof posts>[number];
}

async function opened(options: BotSiteOptions = {}): Promise<BotSite> {
  site = await openBotSite({ entries: echo, ...options });
  return site;
}

describe.each([
  ['HTTP', false],
  ["Socket Mode's WebSocket", true],
])('over %s', (_name, socketMode) => {
  test('a command is answered within its acknowledgement, to the person alone', async () => {
    const { slack, linked } = await opened({ socketMode });
    await linked(users.ana, 'Ana', 'operator');
    const { outcome, answer } = await slack.person(users.ana).command('status orders', channels.releases);
    expect(outcome).toBe('ok');
    expect(answer).toMatchObject({ response_type: 'ephemeral', text: 'Ana (operator) said status orders' });
  });

  test('a mention inside a thread does the same, and is answered there, to the person alone', async () => {
    const { slack, linked } = await opened({ socketMode });
    await linked(users.ana, 'Ana', 'operator');
    const thread = '1772438400.000100';
    await slack.person(users.ana).mention('status orders', channels.releases, thread);
    await eventually(() => expect(slack.whispers(users.ana)).toHaveLength(1));
    expect(slack.whispers(users.ana)[0]).toMatchObject({
      text: 'Ana (operator) said status orders',
      threadTs: thread,
    });
  });

  test('what is delivered twice is done once', async () => {
    const done: string[] = [];
    const command: Entries['command'] = (_bot, _caller, text) => Promise.resolve(said(String(done.push(text))));
    const { slack, linked, world } = await opened({ socketMode, entries: { ...echo, command } });
    await linked(users.ana, 'Ana', 'operator');
    const ana = slack.person(users.ana);
    let payload: Record<string, unknown> = {};
    await ana.command('cancel 7', channels.releases, (sent) => (payload = sent));
    // Signed anew, as Slack does when it tries again.
    world.time.now += 1_000;
    const again = await slack.deliver('slash_commands', payload);
    expect(done).toEqual(['cancel 7']);
    expect(again.outcome).toBe('ok');
    expect(textOf(again.answer)).toContain('twice');
  });

  test('a button is acknowledged, and answered beside the card; a link is only acknowledged', async () => {
    const pressed: unknown[] = [];
    const button: Entries['button'] = (_bot, { actor }, id, value) => {
      pressed.push([actor.name, id, value]);
      return Promise.resolve(said('Approved.'));
    };
    const { slack, linked } = await opened({ socketMode, entries: { ...echo, button } });
    await linked(users.ben, 'Ben', 'approver');
    const card = await posted(slack, ['approval.approve', '42.7'], ['link.job', 'https://console.example/jobs/1']);
    const { outcome, answer } = await slack.person(users.ben).press(card, 'approval.approve');
    expect({ outcome, answer }).toEqual({ outcome: 'ok', answer: null });
    await eventually(() => expect(slack.whispers(users.ben).map(({ text }) => text)).toEqual(['Approved.']));
    expect((await slack.person(users.ben).press(card, 'link.job')).outcome).toBe('ok');
    expect(pressed).toEqual([['Ben', 'approval.approve', { id: 42, revision: 7 }]]);
  });

  test('a dialog is opened, changed, asked for options, and handed in', async () => {
    const seen: unknown[] = [];
    const entries: Entries = {
      ...echo,
      async command(bot, caller) {
        await bot.openDialog(caller, dialog);
        return { kind: 'opened' };
      },
      dialogChanged: (_bot, _caller, place, actionId) => {
        seen.push([actionId, place.draftId, place.state]);
        return Promise.resolve();
      },
      dialogOptions: (_bot, _caller, draftId, actionId, query) => {
        seen.push([actionId, draftId, query]);
        return Promise.resolve([{ text: 'line-1', value: '1' }]);
      },
      dialogSubmitted: (_bot, _caller, place) => {
        seen.push(['submitted', place.draftId, place.state]);
        return Promise.resolve({ kind: 'done', message: words('Job 9 is requested.') });
      },
    };
    const { slack, linked } = await opened({ socketMode, entries });
    await linked(users.ana, 'Ana', 'operator');
    const ana = slack.person(users.ana);
    expect(await ana.command('install', channels.releases)).toMatchObject({ outcome: 'ok', answer: null });
    const view = ana.dialog() as NonNullable<ReturnType<typeof ana.dialog>>;
    expect(await ana.suggest(view, 'pick', 'lin')).toHaveLength(1);
    await ana.fill(view, 'pick', '1');
    await eventually(() => expect(seen).toHaveLength(2));
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    await eventually(() => expect(slack.calls('chat.postMessage')).toHaveLength(1));
    expect(seen).toEqual([
      ['pick', 'draft-1', 'lin'],
      ['pick', 'draft-1', { 'host.pick': '1' }],
      ['submitted', 'draft-1', { 'host.pick': '1' }],
    ]);
  });
});

const dialog: Dialog = {
  type: 'modal',
  private_metadata: 'draft-1',
  title: { type: 'plain_text', text: 'Install' },
  submit: { type: 'plain_text', text: 'Install' },
  blocks: [
    {
      type: 'section',
      block_id: 'host',
      text: { type: 'mrkdwn', text: 'Host' },
      accessory: { type: 'external_select', action_id: 'pick', min_query_length: 1 },
    },
  ],
};
