import { createHmac, randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { said } from '../../../bot/caller.ts';
import type { Entries } from '../../../bot/entries.ts';
import { signatureOf } from '../../../server/demo/slack/deliver.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { echo, textOf } from '../../support/slack/echo.ts';
import { channels, users } from '../../support/slack/workspace.ts';

/** Against our own stand-in at Slack's protocol; the requests are made by hand. */
let site: BotSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const done: string[] = [];
const command: Entries['command'] = (_bot, { actor }, text) => {
  done.push(text);
  return Promise.resolve(said(`${actor.name} did ${text}`));
};

async function opened(settings: Record<string, string> = {}): Promise<BotSite> {
  done.length = 0;
  site = await openBotSite({ entries: { ...echo, command }, settings });
  await site.linked(users.ana, 'Ana', 'admin');
  return site;
}

const form = 'application/x-www-form-urlencoded';
let triggers = 0;

/** A command as Slack's form; every one is another. */
function commandForm({ slack }: BotSite, text: string, change: Record<string, string> = {}): string {
  triggers += 1;
  return new URLSearchParams({
    command: '/release',
    text,
    team_id: slack.workspace.team,
    user_id: users.ana,
    channel_id: channels.releases,
    trigger_id: `t${triggers}`,
    response_url: `${slack.workspace.origin}/nowhere`,
    ...change,
  }).toString();
}

function signed(it: BotSite, body: string, at: number = it.world.time.now, secret?: string): Record<string, string> {
  const { workspace } = it.slack;
  const signing = { ...workspace, now: () => at, signingSecret: secret ?? workspace.signingSecret };
  return { 'content-type': form, ...signatureOf(signing, body) };
}

const send = ({ slack }: BotSite, body: string, headers: Record<string, string>) =>
  fetch(slack.requestUrl, { method: 'POST', body, headers });

async function statusOf(it: BotSite, body: string, headers: Record<string, string>): Promise<number> {
  const response = await send(it, body, headers);
  await response.arrayBuffer();
  return response.status;
}

describe('a request is taken when Slack signed it, now, once', () => {
  test('not a minute later than five, not a minute ahead, and not a second time', async () => {
    const it = await opened();
    const now = it.world.time.now;
    const at = (offset: number, body = commandForm(it, `${offset}`)) =>
      statusOf(it, body, signed(it, body, now + offset));
    expect(await at(0)).toBe(200);
    expect(await at(-299_000)).toBe(200);
    expect(await at(60_000)).toBe(200);
    expect(await at(-301_000)).toBe(401);
    expect(await at(61_000)).toBe(401);
    expect(await at(86_400_000)).toBe(401);
    expect(done).toEqual(['0', '-299000', '60000']);
  });

  test('the same signature under another name is the same', async () => {
    const it = await opened();
    const body = commandForm(it, 'once');
    const headers = signed(it, body);
    const { 'x-slack-signature': signature = '', 'x-slack-request-timestamp': timestamp = '' } = headers;
    const replays = [
      { ...headers, 'x-slack-signature': `${signature}=x` },
      { ...headers, 'x-slack-signature': signature.toUpperCase().replace('V0', 'v0') },
      { ...headers, 'x-slack-request-timestamp': `+${timestamp}` },
      { ...headers, 'x-slack-request-timestamp': `${timestamp}.0` },
      { ...headers, 'x-slack-retry-num': '1' },
    ];
    expect(await statusOf(it, body, headers)).toBe(200);
    for (const replay of replays) expect(await statusOf(it, body, replay)).toBe(401);
    const both = commandForm(it, 'two at once');
    const raced = await Promise.all([1, 2, 3, 4].map(() => statusOf(it, both, signed(it, both))));
    expect(raced.sort()).toEqual([200, 401, 401, 401]);
    expect(done).toEqual(['once', 'two at once']);
  });

  test('during a rotation both secrets are good, and no third', async () => {
    const [current, previous, other] = ['c', 'p', 'o'].map((letter) => letter.repeat(32)) as [string, string, string];
    const it = await opened({ SLACK_SIGNING_SECRET: current, SLACK_SIGNING_SECRET_PREVIOUS: previous });
    const by = (secret: string, body = commandForm(it, secret.charAt(0))) =>
      statusOf(it, body, signed(it, body, it.world.time.now, secret));
    expect([await by(current), await by(previous), await by(other)]).toEqual([200, 200, 401]);
    expect(done).toEqual(['c', 'p']);
  });

  test("Slack's own checks of the address are answered", async () => {
    const it = await opened();
    const check = 'ssl_check=1&token=x';
    expect(await statusOf(it, check, signed(it, check))).toBe(200);
    const body = JSON.stringify({ type: 'url_verification', challenge: 'abc', token: 'x' });
    const headers = { ...signed(it, body), 'content-type': 'application/json; charset=utf-8' };
    expect(await (await send(it, body, headers)).json()).toEqual({ challenge: 'abc' });
  });

  test('a body beyond a megabyte is refused, whether it says so or not', async () => {
    const it = await opened();
    const body = commandForm(it, 'x'.repeat(1_100_000));
    expect(await statusOf(it, body, signed(it, body))).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(body));
        controller.close();
      },
    });
    const init = { method: 'POST', body: stream, headers: signed(it, body), duplex: 'half' } as RequestInit;
    expect((await fetch(it.slack.requestUrl, init)).status).toBe(413);
    expect(done).toEqual([]);
  });
});

/** Each makes a request that must not be taken; the status that answers it. */
const hostile: readonly ((
  it: BotSite,
  taken: { body: string; headers: Record<string, string> },
) => {
  body: string;
  headers: Record<string, string>;
  status: number;
})[] = [
  (it) => {
    const body = commandForm(it, 'forged');
    const mac = createHmac('sha256', randomBytes(16)).update(body).digest('hex');
    return { body, headers: { ...signed(it, body), 'x-slack-signature': `v0=${mac}` }, status: 401 };
  },
  (it) => {
    const body = commandForm(it, 'changed');
    return { body: body.replace('changed', 'altered'), headers: signed(it, body), status: 401 };
  },
  (it) => ({ body: commandForm(it, 'unsigned'), headers: { 'content-type': form }, status: 401 }),
  (it) => {
    const body = commandForm(it, 'stale');
    return { body, headers: signed(it, body, it.world.time.now - 400_000), status: 401 };
  },
  (it) => {
    const body = commandForm(it, 'future');
    return { body, headers: signed(it, body, it.world.time.now + 3_600_000), status: 401 };
  },
  (_it, taken) => ({ ...taken, status: 401 }),
  (it) => {
    const body = commandForm(it, 'foreign', { team_id: 'T0ELSEWHERE' });
    return { body, headers: signed(it, body), status: 200 };
  },
  (it) => {
    const body = commandForm(it, 'nameless', { user_id: '' });
    return { body, headers: signed(it, body), status: 400 };
  },
  // Of no kind at all: 404; events are acknowledged before they are looked at, and then dropped.
  ...(
    [
      ['{', 400],
      ['[]', 400],
      ['null', 400],
      ['{"event":null}', 400],
      ['{"type":"block_actions"}', 404],
      ['{"event":{"type":"app_mention"}}', 200],
    ] as const
  ).map(([text, status]) => (it: BotSite) => {
    triggers += 1;
    const body = text + ' '.repeat(triggers % 5_000);
    return { body, headers: { ...signed(it, body), 'content-type': 'application/json' }, status };
  }),
  (it) => {
    const body = `payload=${encodeURIComponent(JSON.stringify({ type: 'block_actions', user: null, n: (triggers += 1) }))}`;
    return { body, headers: signed(it, body), status: 404 };
  },
  (it) => {
    const body = `<xml>${(triggers += 1)}</xml>`;
    return { body, headers: { ...signed(it, body), 'content-type': 'text/xml' }, status: 415 };
  },
];

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

describe('hostile requests', () => {
  test(
    '10 000 forged, stale, future, replayed, foreign and malformed ones: none is accepted, none crashes, none is kept in memory',
    { timeout: 300_000 },
    async () => {
      const it = await opened();
      const body = commandForm(it, 'first');
      const taken = { body, headers: signed(it, body) };
      expect(await statusOf(it, taken.body, taken.headers)).toBe(200);
      const wrong: string[] = [];
      const attack = async (from: number, to: number) => {
        let next = from;
        const one = async () => {
          for (; next < to;) {
            const index = next++;
            const attempt = (hostile[index % hostile.length] as (typeof hostile)[number])(it, taken);
            const status = await statusOf(it, attempt.body, attempt.headers);
            if (status !== attempt.status) wrong.push(`${index % hostile.length}: ${status}`);
          }
        };
        await Promise.all(Array.from({ length: 8 }, one));
      };
      await attack(0, 2_000);
      const before = heapAfterCollection();
      await attack(2_000, 12_000);
      expect([...new Set(wrong)]).toEqual([]);
      expect(done).toEqual(['first']);
      // What connections that close still hold goes with them; what is kept stays.
      await expect.poll(heapAfterCollection, { message: `heap before ${before}` }).toBeLessThan(before * 1.1);
      const late = commandForm(it, 'last');
      const answer: unknown = await (await send(it, late, signed(it, late))).json();
      expect(textOf(answer)).toBe('Ana did last');
    },
  );
});
