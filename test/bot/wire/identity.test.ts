import { afterEach, describe, expect, test } from 'vitest';
import { updatePerson } from '../../../db/queries/people.ts';
import { eventually } from '../../support/eventually.ts';
import { personOf, regrant } from '../../support/people.ts';
import { openBotSite, type BotSite, type BotSiteOptions } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';
import { channels, users, type TestWorkspace } from '../../support/slack/workspace.ts';

/** Against our own stand-in at Slack's protocol. */
let site: BotSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

async function opened(options: BotSiteOptions = {}): Promise<BotSite> {
  site = await openBotSite({ entries: echo, ...options });
  return site;
}

async function answerTo({ person }: TestWorkspace, user: string, text: string): Promise<string> {
  const { outcome, answer } = await person(user).command(text, channels.releases);
  expect(outcome).toBe('ok');
  return textOf(answer);
}

/** The code of the one-time link that the person gets. */
async function codeFor({ slack }: BotSite, user: string): Promise<string> {
  const { answer } = await slack.person(user).command('link', channels.releases);
  return /link-slack#([\w-]+)/.exec(JSON.stringify(answer))?.[1] ?? '';
}

const post = ({ send, url }: BotSite, path: string, cookie: string, body: object) =>
  send('POST', `/api/v1${path}`, {
    headers: { cookie, origin: url, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('linking', () => {
  test('who is not linked is told how; the link shows whom it is about, works once, and only after somebody confirms', async () => {
    const it = await opened();
    const { slack } = it;
    expect(await answerTo(slack, users.ana, 'status')).toContain('/release link');
    const cookie = await it.cookieOf(['operator']);
    const code = await codeFor(it, users.ana);
    const shown = await post(it, '/account/slack/link/show', cookie, { code });
    expect(await shown.json()).toEqual({ team: slack.workspace.team, user: users.ana, userName: 'ana' });
    expect(await answerTo(slack, users.ana, 'status'), 'looking links nobody').toContain('/release link');

    expect((await post(it, '/account/slack/link', cookie, { code })).status).toBe(200);
    expect(await answerTo(slack, users.ana, 'status')).toBe('Person 1 (operator) said status');
    const again = await post(it, '/account/slack/link', await it.cookieOf(['admin']), { code });
    expect(await again.json()).toMatchObject({ code: 'link_used' });

    const list = await it.send('GET', '/api/v1/account/slack', { headers: { cookie } });
    expect(await list.json()).toMatchObject({ items: [{ user: users.ana, userName: 'ana' }] });
    await post(it, '/account/slack/unlink', cookie, { team: slack.workspace.team, user: users.ana });
    expect(await answerTo(slack, users.ana, 'status')).toContain('/release link');
  });

  test('a link ends after 10 minutes, and when a newer one is made; of two who confirm at once one is linked', async () => {
    const it = await opened();
    const [ben, cleo] = [await it.cookieOf(['operator']), await it.cookieOf(['admin'])];
    const first = await codeFor(it, users.ana);
    const second = await codeFor(it, users.ana);
    expect((await post(it, '/account/slack/link', ben, { code: first })).status).toBe(404);
    it.world.time.now += 10 * 60_000;
    expect((await post(it, '/account/slack/link', ben, { code: second })).status).toBe(410);
    const third = await codeFor(it, users.ana);
    const both = await Promise.all(
      [ben, cleo].map((cookie) => post(it, '/account/slack/link', cookie, { code: third })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('no guest gets a link, and a mention, whose answer others may see, gives none', async () => {
    const it = await opened();
    expect(await codeFor(it, users.guest)).toBe('');
    await it.slack.person(users.ana).mention('link', channels.releases);
    await eventually(() => expect(it.slack.whispers(users.ana)).toHaveLength(1));
    expect(JSON.stringify(it.slack.whispers(users.ana))).not.toContain('link-slack#');
  });
});

describe('who is let through', () => {
  test('the grants are those of now, and a disabled account is refused, with a sentence', async () => {
    const { slack, linked, world } = await opened();
    const ana = await linked(users.ana, 'Ana', 'operator');
    expect(await answerTo(slack, users.ana, 'x')).toBe('Ana (operator) said x');
    await regrant(world, ana, 'viewer', 'approver');
    expect(await answerTo(slack, users.ana, 'x')).toBe('Ana (viewer, approver) said x');
    await updatePerson(world.ctx.db, ana.id as number, { disabledAt: world.time.now });
    expect(await answerTo(slack, users.ana, 'x')).toContain('the account of Ana is disabled');
  });

  test('guests, people of other workspaces and shared channels are refused, linked or not, and each is told why', async () => {
    const { slack, linked } = await opened();
    slack.workspace.channels.set('C0SHARED01', {
      id: 'C0SHARED01',
      name: 'with-vendor',
      members: new Set([users.ana, slack.workspace.botUser]),
      isExtShared: true,
    });
    for (const user of [users.ana, users.guest, 'U0FOREIGN1']) await linked(user, user, 'admin');
    expect(await answerTo(slack, users.guest, 'x')).toContain('guests');
    expect(await answerTo(slack, 'U0FOREIGN1', 'x')).toContain('does not serve your workspace');
    await slack.person(users.ana).mention('x', 'C0SHARED01');
    await eventually(() => expect(slack.whispers(users.ana)[0]?.text).toContain('shared with another organization'));
  });

  test('a stranger behind the name of our workspace is found out by what Slack says of them', async () => {
    const { slack, linked } = await opened();
    await linked('U0FOREIGN1', 'Flo', 'admin');
    const pretend = { team_id: slack.workspace.team };
    const { answer } = await slack
      .person('U0FOREIGN1')
      .command('x', channels.releases, (sent) => ({ ...sent, ...pretend }));
    expect(textOf(answer)).toContain('another workspace');
  });

  test('a bot that mentions us is refused, and told so once in a thread, or there would be no end', async () => {
    const { slack } = await opened();
    const asBot = (payload: Record<string, unknown>) => {
      const { user: _, ...event } = payload['event'] as Record<string, unknown>;
      return { ...payload, event: { ...event, bot_id: 'B0OTHER001' } };
    };
    const thread = '1772438400.000100';
    for (let i = 0; i < 3; i += 1) await slack.person(users.ana).mention('deploy', channels.releases, thread, asBot);
    await eventually(() => expect(slack.calls('chat.postMessage')).toHaveLength(1));
    expect(slack.calls('chat.postMessage')[0]?.args).toMatchObject({ thread_ts: thread });
    expect(JSON.stringify(slack.calls('chat.postMessage')[0]?.args)).toContain('bots cannot give commands');
  });

  test('an e-mail counts only where that is switched on, and only once Slack has verified it', async () => {
    const scopes = ['commands', 'chat:write', 'users:read', 'users:read.email'];
    const off = await opened({ standIn: { scopes } });
    const mail = { email: 'ana@example.com' };
    await personOf(off.world, 'Ana', 'operator');
    await off.world.ctx.db.$client`update person set email = ${mail.email}`;
    expect(await answerTo(off.slack, users.ana, 'x')).toContain('/release link');
    await off.close();

    const on = await opened({ standIn: { scopes }, settings: { SLACK_MATCH_EMAIL: 'true' } });
    await personOf(on.world, 'Ana', 'operator');
    await on.world.ctx.db.$client`update person set email = ${mail.email}`;
    expect(await answerTo(on.slack, users.ana, 'x')).toBe('Ana (operator) said x');
    expect(await answerTo(on.slack, users.ben, 'x')).toContain('/release link');
  });

  test('while Slack does not tell who somebody is, who was known goes on, and who was not is told to try again', async () => {
    const { slack, linked, world } = await opened();
    await linked(users.ana, 'Ana', 'operator');
    await linked(users.ben, 'Ben', 'operator');
    await answerTo(slack, users.ana, 'x');
    world.time.now += 30 * 60_000;
    slack.faults.plan('users.info', { kind: 'status', status: 503 }, Infinity);
    expect(await answerTo(slack, users.ana, 'x')).toBe('Ana (operator) said x');
    expect(await answerTo(slack, users.ben, 'x')).toContain('Try again in a minute');
  });
});
