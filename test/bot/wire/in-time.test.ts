import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { said } from '../../../bot/caller.ts';
import type { Entries, Submitted } from '../../../bot/entries.ts';
import type { Dialog } from '../../../bot/message.ts';
import { WORKING } from '../../../bot/slack/refused.ts';
import { isSlacks } from '../../../bot/slack/tell.ts';
import { Refusal } from '../../../server/contracts/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';
import { channels, users } from '../../support/slack/workspace.ts';

/** Against our own stand-in at Slack's protocol, which gives up after 3 s as Slack does. */
let site: BotSite | undefined;
const logged: { msg: string; reference?: string; err?: { message: string } }[] = [];
afterEach(async () => {
  await site?.close();
  site = undefined;
});

async function opened(entries: Partial<Entries>): Promise<BotSite> {
  logged.length = 0;
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[0]) },
  );
  site = await openBotSite({
    hurried: true,
    entries: { ...echo, ...entries },
    context: (ctx) => Object.assign(ctx, { log }),
  });
  await site.linked(users.ana, 'Ana', 'admin');
  return site;
}

const whispered = ({ slack }: BotSite) => slack.whispers(users.ana).map(({ text }) => text);

const dialog: Dialog = {
  type: 'modal',
  private_metadata: 'draft-1',
  title: { type: 'plain_text', text: 'Hold' },
  submit: { type: 'plain_text', text: 'Hold' },
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: { type: 'plain_text', text: 'Why' },
      element: { type: 'plain_text_input', action_id: 'why' },
    },
  ],
};

describe('an answer within 3 s, whatever happens behind it', () => {
  test('a command that takes longer is said to be under way, and its answer follows', async () => {
    const slow = Promise.withResolvers<void>();
    const it = await opened({ command: async () => (await slow.promise, said('Job 7 is requested.')) });
    const { outcome, answer } = await it.slack.person(users.ana).command('install', channels.releases);
    expect(outcome).toBe('ok');
    expect(textOf(answer)).toContain('Working on it');
    slow.resolve();
    await eventually(() => expect(whispered(it).at(-1)).toBe('Job 7 is requested.'));
  });

  test('so is a button', async () => {
    const slow = Promise.withResolvers<void>();
    const it = await opened({ button: async () => (await slow.promise, said('Approved.')) });
    const pressed = await pressed42(it);
    expect(pressed.outcome).toBe('ok');
    await eventually(() => expect(whispered(it)[0]).toContain('Working on it'));
    slow.resolve();
    await eventually(() => expect(whispered(it).at(-1)).toBe('Approved.'));
  });

  test('a dialog that takes longer says so in its own place, and then what came of it', async () => {
    const slow = Promise.withResolvers<Submitted>();
    const it = await opened({
      command: async (bot, caller) => (await bot.openDialog(caller, dialog), { kind: 'opened' }),
      dialogSubmitted: () => slow.promise,
    });
    const ana = it.slack.person(users.ana);
    await ana.command('hold', channels.releases);
    const view = ana.dialog() as NonNullable<ReturnType<typeof ana.dialog>>;
    await ana.fill(view, 'why', 'flaky');
    expect((await ana.submit(view)).kind).toBe('updated');
    expect(JSON.stringify(ana.dialog()?.view)).toContain('Working on it');
    slow.resolve({ kind: 'errors', errors: { why: 'Say more <than> that.' } });
    await eventually(() => expect(JSON.stringify(ana.dialog()?.view)).toContain('Say more &lt;than&gt; that.'));
  });

  test('a dialog that was replaced while somebody waited comes back with what was entered, and what is wrong with it', async () => {
    const slow = Promise.withResolvers<Submitted>();
    const it = await opened({
      command: async (bot, caller) => (await bot.openDialog(caller, dialog), { kind: 'opened' }),
      dialogSubmitted: () => slow.promise,
      dialogAgain: (_bot, { actor }, draftId, notice) => {
        const said = { type: 'plain_text' as const, text: `${actor.name} entered ${draftId}. ${notice}` };
        return Promise.resolve({ ...dialog, blocks: [{ type: 'section', text: said }, ...dialog.blocks] });
      },
    });
    const ana = it.slack.person(users.ana);
    await ana.command('hold', channels.releases);
    const view = ana.dialog() as NonNullable<ReturnType<typeof ana.dialog>>;
    await ana.fill(view, 'why', 'flaky');
    await ana.submit(view);
    slow.resolve({ kind: 'errors', errors: { why: 'Say more.' } });
    await eventually(() => expect(JSON.stringify(ana.dialog()?.view)).toContain('Nothing was done. Say more.'));
    expect(JSON.stringify(ana.dialog()?.view)).toContain('"block_id":"why"');
  });
});

test('200 commands at once are each answered in time', async () => {
  const it = await opened({});
  const ana = it.slack.person(users.ana);
  const asked = Array.from({ length: 200 }, (_, n) => ana.command(`status ${n}`, channels.releases));
  const answers = await Promise.all(asked);
  expect([...new Set(answers.map(({ outcome }) => outcome))]).toEqual(['ok']);
  await eventually(() => {
    const said = new Set(whispered(it));
    for (let n = 0; n < 200; n += 1) expect(said.has(`Ana (admin) said status ${n}`), String(n)).toBe(true);
  });
  expect(it.slack.calls('users.info'), 'Slack is asked once who she is').toHaveLength(1);
});

test('a database that stands still keeps nobody without an answer, and lets no replay through', async () => {
  const done: string[] = [];
  const it = await opened({ command: (_bot, _caller, text) => Promise.resolve(said(`done ${done.push(text)}`)) });
  const { $client: sql } = it.world.ctx.db;
  const still = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const standing = sql.begin(async (tx) => {
    await tx`lock table slack_seen in access exclusive mode`;
    locked.resolve();
    await still.promise;
  });
  await locked.promise;
  let payload: Record<string, unknown> = {};
  const ana = it.slack.person(users.ana);
  const { outcome, answer } = await ana.command('cancel 7', channels.releases, (sent) => (payload = sent));
  expect({ outcome, text: textOf(answer) }).toEqual({ outcome: 'ok', text: WORKING.text });
  // The same request, to the byte: signed in the same second.
  const replayed = await it.slack.deliver('slash_commands', payload);
  expect({ outcome: replayed.outcome, done }).toEqual({ outcome: 'ok', done: [] });
  still.resolve();
  await standing;
  await eventually(() => expect(whispered(it)).toContain('done 1'));
  await eventually(() => expect(whispered(it).some((text) => text.includes('twice'))).toBe(true));
  expect(done).toEqual(['cancel 7']);
});

describe('when it goes wrong', () => {
  test('a refusal is said in its own words, escaped once', async () => {
    const sentence = 'Refused: host <!channel> & co is held.';
    const it = await opened({ command: () => Promise.reject(new Refusal('refused', sentence)) });
    const { answer } = await it.slack.person(users.ana).command('x', channels.releases);
    expect(textOf(answer)).toBe('Refused: host &lt;!channel&gt; &amp; co is held.');
    expect(logged).toEqual([]);
  });

  test('what nobody foresaw is said honestly, with a reference that stands in the log beside its reason', async () => {
    const it = await opened({ command: () => Promise.reject(new Error('the disk said no')) });
    const { outcome, answer } = await it.slack.person(users.ana).command('x', channels.releases);
    expect(outcome).toBe('ok');
    const reference = /[0-9a-f]{8}(?=\.$)/.exec(textOf(answer))?.[0];
    expect(logged.find((line) => line.reference === reference)?.err?.message).toBe('the disk said no');
    expect(textOf(answer)).not.toContain('disk');
  });

  test('a response URL that has run out is no failure: the answer comes another way', async () => {
    const it = await opened({ button: () => Promise.resolve(said('Approved.')) });
    it.slack.faults.plan('response_url', { kind: 'status', status: 404 }, Infinity);
    await pressed42(it);
    await eventually(() => expect(whispered(it)).toEqual(['Approved.']));
    expect(it.slack.calls('chat.postEphemeral')).toHaveLength(1);
  });

  test('where the bot is no member, a mention is answered in its thread', async () => {
    const it = await opened({});
    it.slack.faults.plan('chat.postEphemeral', { kind: 'status', status: 500 }, Infinity);
    const thread = '1772438400.000100';
    await it.slack.person(users.ana).mention('status', channels.releases, thread);
    await eventually(() => expect(it.slack.calls('chat.postMessage')[0]?.args).toMatchObject({ thread_ts: thread }));
  });

  test('an answer that reaches nobody is logged, and the bot goes on', async () => {
    const it = await opened({ button: () => Promise.resolve(said('Approved.')) });
    it.slack.faults.plan(null, { kind: 'status', status: 500 }, Infinity);
    await pressed42(it, false);
    await eventually(() => expect(logged.at(-1)?.msg).toContain('did not reach its person'));
    it.slack.faults.heal();
    const { answer } = await it.slack.person(users.ana).command('status', channels.releases);
    expect(textOf(answer)).toBe('Ana (admin) said status');
  });

  test('an unknown command and a button of another version say what to do', async () => {
    const it = await opened({});
    const other = (sent: Record<string, unknown>) => ({ ...sent, command: '/relaese' });
    const { answer } = await it.slack.person(users.ana).command('x', channels.releases, other);
    expect(textOf(answer)).toContain('/release help');
    await pressed42(it, true, { action_id: 'approval.eat', value: '42.7' });
    await eventually(() => expect(whispered(it).at(-1)).toContain('another version'));
  });
});

test("an answer goes to Slack's own address only, or to the stand-in that we were pointed at", () => {
  const slack = { apiUrl: 'https://slack.com/api/' };
  expect(isSlacks('https://hooks.slack.com/commands/T0/1/x', slack)).toBe(true);
  const others = [
    'http://hooks.slack.com/commands/x',
    'https://hooks.slack.com.evil.example/x',
    'https://user@hooks.slack.com/x',
    'https://169.254.169.254/x',
    'file:///etc/passwd',
    'nonsense',
  ];
  for (const url of others) expect(isSlacks(url, slack), url).toBe(false);
  const standIn = { apiUrl: 'http://127.0.0.1:4700/api/' };
  expect(isSlacks('http://127.0.0.1:4700/commands/x', standIn)).toBe(true);
  expect(isSlacks('http://127.0.0.1:4701/commands/x', standIn)).toBe(false);
});

/** Ana presses a button of a card that the stand-in has. */
async function pressed42(
  { slack }: BotSite,
  expected = true,
  button = { action_id: 'approval.approve', value: '42.7' },
) {
  const payload = {
    type: 'block_actions',
    team: { id: slack.workspace.team },
    user: { id: users.ana, team_id: slack.workspace.team },
    trigger_id: `t${(presses += 1)}`,
    channel: { id: channels.releases },
    container: { type: 'message', message_ts: '1772438400.000100', channel_id: channels.releases },
    message: {},
    response_url: responseUrl(slack),
    actions: [{ type: 'button', block_id: 'b', ...button, action_ts: '1772438400.000200' }],
  };
  const delivered = await slack.deliver('interactive', payload);
  if (expected) expect(delivered.outcome).toBe('ok');
  return delivered;
}
let presses = 0;

function responseUrl({ workspace }: BotSite['slack']): string {
  const path = `/actions/${workspace.team}/${workspace.responseUrls.size + 1_000}/x`;
  const link = { channel: channels.releases, user: users.ana, message: null, madeAt: workspace.now(), uses: 0 };
  workspace.responseUrls.set(path, link);
  return workspace.origin + path;
}
