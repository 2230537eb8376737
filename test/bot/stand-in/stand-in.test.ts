import { App, SocketModeReceiver } from '@slack/bolt';
import { WebClient, LogLevel, type WebAPIPlatformError } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorkspace, channels, users, type TestWorkspace } from '../../support/slack/workspace.ts';
import { until } from '../../support/until.ts';

/** The stand-in at the protocol, asked by Slack's own SDK. */
const quiet = { logLevel: LogLevel.ERROR, retryConfig: { retries: 0 } };
const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function opened(options: Parameters<typeof openWorkspace>[0] = {}) {
  const slack = await openWorkspace(options);
  cleanups.push(() => slack.close());
  const client = new WebClient(slack.workspace.botToken, { ...quiet, slackApiUrl: slack.apiUrl });
  return { slack, client };
}

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error as WebAPIPlatformError).data.error,
  );

describe('Web API', () => {
  test('a message is posted, changed, threaded, linked and deleted; what came is kept as it came', async () => {
    const { slack, client } = await opened();
    const blocks = [section('one')];
    const posted = await client.chat.postMessage({ channel: channels.releases, text: 'one', blocks });
    const parent = { channel: channels.releases, ts: posted.ts as string };
    await client.chat.postMessage({ channel: parent.channel, text: 'reply', thread_ts: parent.ts });
    await client.chat.update({ ...parent, text: 'two', blocks: [section('two')] });
    const [post] = slack.posts(channels.releases);
    expect(post).toMatchObject({ ts: parent.ts, text: 'two', edits: 1 });
    expect(slack.thread(post as NonNullable<typeof post>).map(({ text }) => text)).toEqual(['reply']);
    expect(slack.calls('chat.postMessage')[0]?.args).toEqual({ channel: channels.releases, text: 'one', blocks });
    const { permalink } = await client.chat.getPermalink({ channel: parent.channel, message_ts: parent.ts });
    expect(permalink).toBe(
      `https://signalbox-demo.slack.com/archives/${parent.channel}/p${parent.ts.replace('.', '')}`,
    );
    await client.chat.delete(parent);
    expect(await errorOf(client.chat.update({ ...parent, text: 'three' }))).toBe('message_not_found');
  });

  test('what Slack refuses is refused in its words', async () => {
    const { slack, client } = await opened();
    const stranger = new WebClient('xoxb-wrong', { ...quiet, slackApiUrl: slack.apiUrl });
    expect(await errorOf(stranger.auth.test())).toBe('invalid_auth');
    expect(await errorOf(client.chat.postMessage({ channel: 'C0NOWHERE1', text: 'x' }))).toBe('channel_not_found');
    expect(await errorOf(client.chat.postMessage({ channel: channels.elsewhere, text: 'x' }))).toBe('not_in_channel');
    expect(await errorOf(client.chat.postMessage({ channel: channels.releases, text: '' }))).toBe('no_text');
    const tooLong = client.chat.postMessage({
      channel: channels.releases,
      blocks: [section('x'.repeat(3_001))],
      text: 'x',
    });
    expect(await errorOf(tooLong)).toBe('invalid_blocks');
    expect(await errorOf(client.users.lookupByEmail({ email: 'ana@example.com' }))).toBe('missing_scope');
    const { response_metadata: metadata } = await client.auth.test();
    expect(metadata?.scopes).toContain('chat:write');
  });

  test('a file is uploaded into a thread, byte for byte', async () => {
    const { slack, client } = await opened();
    const { ts } = await client.chat.postMessage({ channel: channels.incidents, text: 'incident' });
    const content = Buffer.from([0, 1, 2, 255, 13, 10]);
    await client.files.uploadV2({
      channel_id: channels.incidents,
      thread_ts: ts as string,
      filename: 'evidence.tar.gz',
      file: content,
    });
    const [post] = slack.posts(channels.incidents);
    const [reply] = slack.thread(post as NonNullable<typeof post>);
    expect(reply?.files[0]?.content?.equals(content)).toBe(true);
  });

  test('faults: 429 with Retry-After, 5xx, a lost answer, and a Slack that is away and comes back', async () => {
    const { slack } = await opened();
    const client = new WebClient(slack.workspace.botToken, {
      ...quiet,
      slackApiUrl: slack.apiUrl,
      rejectRateLimitedCalls: true,
    });
    const post = () => client.chat.postMessage({ channel: channels.releases, text: 'x' });
    slack.faults.rateLimit('chat.postMessage', 7);
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 7 });
    slack.faults.plan(null, { kind: 'status', status: 503 });
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_http_error', statusCode: 503 });
    expect(slack.posts(channels.releases)).toHaveLength(0);
    slack.faults.plan(null, { kind: 'lost' });
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
    expect(slack.posts(channels.releases)).toHaveLength(1);
    await slack.down();
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
    await slack.up();
    await post();
    expect(slack.posts(channels.releases)).toHaveLength(2);
  });
});

describe('Socket Mode with Bolt', () => {
  test('command, dialog with type-ahead, submission, button and mention arrive; answers are shown', async () => {
    const { slack, client } = await opened();
    const seen: string[] = [];
    const app = await bolt(slack);
    app.command('/release', async ({ ack, body }) => {
      await ack({ text: 'opening' });
      const view = {
        type: 'modal' as const,
        callback_id: 'd',
        submit: { type: 'plain_text' as const, text: 'Go' },
        title: { type: 'plain_text' as const, text: 'D' },
        blocks: [
          {
            type: 'input' as const,
            block_id: 'host',
            label: { type: 'plain_text' as const, text: 'Host' },
            element: { type: 'external_select' as const, action_id: 'host', min_query_length: 0 },
          },
        ],
      };
      await client.views.open({ trigger_id: body.trigger_id, view });
    });
    app.options('host', async ({ ack, payload }) => {
      await ack({ options: [{ text: { type: 'plain_text', text: payload.value }, value: 'h1' }] });
    });
    app.view('d', async ({ ack, view }) => {
      const chosen = view.state.values['host']?.['host']?.selected_option?.value ?? '';
      seen.push(chosen);
      await ack(seen.length === 1 ? { response_action: 'errors', errors: { host: 'not that one' } } : undefined);
    });
    app.action('go', async ({ ack, respond }) => {
      await ack();
      await respond({ text: 'gone', response_type: 'ephemeral' });
    });
    app.event('app_mention', ({ event }) => Promise.resolve(void seen.push(event.text)));

    const ana = slack.person(users.ana);
    expect(await ana.command('install', channels.releases)).toMatchObject({ outcome: 'ok' });
    expect(slack.whispers(users.ana)[0]?.text).toBe('opening');
    const dialog = await until('the dialog', () => ana.dialog());
    expect(await ana.submit(dialog)).toEqual({ kind: 'incomplete', blocks: ['host'] });
    expect(await ana.suggest(dialog, 'host', 'line')).toMatchObject([{ value: 'h1' }]);
    await ana.fill(dialog, 'host', 'h1');
    expect(await ana.submit(dialog)).toEqual({ kind: 'errors', errors: { host: 'not that one' } });
    expect(await ana.submit(dialog)).toEqual({ kind: 'closed' });
    expect(ana.dialog()).toBeUndefined();

    await client.chat.postMessage({
      channel: channels.releases,
      text: 'card',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'go', value: '1.1', text: { type: 'plain_text', text: 'Go' } }],
        },
      ],
    });
    const [card] = slack.posts(channels.releases);
    await ana.press(card as NonNullable<typeof card>, 'go');
    await until('the answer', () => slack.whispers(users.ana).some(({ text }) => text === 'gone'));
    await ana.mention('status', channels.releases);
    await until('the mention', () => seen.length === 3);
    expect(seen).toEqual(['h1', 'h1', '<@U0SIGNALBX> status']);
  });

  test('a delivery that is repeated arrives twice; a connection that is refreshed or cut comes back', async () => {
    const { slack } = await opened();
    const sockets = slack.useSocketMode();
    const app = await bolt(slack);
    let count = 0;
    app.command('/release', async ({ ack }) => {
      count += 1;
      await ack();
    });
    sockets.repeatDeliveries = true;
    await slack.person(users.ana).command('jobs', channels.releases);
    await until('both', () => count === 2 && sockets.acknowledged.length === 2);
    sockets.repeatDeliveries = false;
    for (const end of [() => sockets.refresh(), () => sockets.cut()]) {
      end();
      await until('its end', () => sockets.connections() === 0);
      await sockets.connected();
      expect(await slack.person(users.ana).command('jobs', channels.releases)).toMatchObject({ outcome: 'ok' });
    }
    expect(count).toBe(4);
  });

  async function bolt(slack: TestWorkspace): Promise<App> {
    const sockets = slack.useSocketMode();
    const receiver = new SocketModeReceiver({
      appToken: slack.workspace.appToken,
      logLevel: LogLevel.ERROR,
      clientPingTimeout: 500,
      installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
    } as ConstructorParameters<typeof SocketModeReceiver>[0]);
    const authorize = () => Promise.resolve({ botToken: slack.workspace.botToken, botId: slack.workspace.botId });
    const app = new App({
      receiver,
      authorize,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    cleanups.push(() => app.stop());
    await app.start();
    await sockets.connected();
    return app;
  }
});

test('a trigger works once and for three seconds; an answer link five times and for half an hour', async () => {
  let now = Date.parse('2026-03-02T08:00:00Z');
  const { slack, client } = await opened({ now: () => now });
  const payloads: Record<string, unknown>[] = [];
  slack.deliver = (_, payload) => {
    payloads.push(payload);
    return Promise.resolve({ outcome: 'ok', status: 200, answer: null });
  };
  const view = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'D' }, blocks: [section('x')] };
  const open = () => client.views.open({ trigger_id: payloads.at(-1)?.['trigger_id'] as string, view });
  const ana = slack.person(users.ana);
  await ana.command('', channels.releases);
  const { view: made } = await open();
  expect(await errorOf(open())).toBe('exchanged_trigger_id');
  expect(await errorOf(client.views.update({ view_id: made?.id as string, hash: 'old', view }))).toBe('hash_conflict');
  await client.views.update({ view_id: made?.id as string, hash: made?.hash as string, view });
  await ana.command('', channels.releases);
  now += 3_001;
  expect(await errorOf(open())).toBe('expired_trigger_id');
  const answer = async () => {
    const url = payloads.at(-1)?.['response_url'] as string;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'x' }) });
    return `${response.status} ${await response.text()}`;
  };
  for (let use = 0; use < 5; use += 1) expect(await answer()).toBe('200 ok');
  expect(await answer()).toBe('404 used_url');
  await ana.command('', channels.releases);
  now += 30 * 60_000 + 1;
  expect(await answer()).toBe('404 expired_url');
});
