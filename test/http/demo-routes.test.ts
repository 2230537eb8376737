import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoSlack } from '../../server/contracts/demo-slack.ts';
import { demoSlackRoutes } from '../../server/demo/slack/routes.ts';
import { openSite, type Site } from '../support/site.ts';
import { channels, openWorkspace, users, type TestWorkspace } from '../support/slack/workspace.ts';

let slack: TestWorkspace;
let site: Site;
beforeAll(async () => {
  slack = await openWorkspace();
  site = await openSite({ deps: { demoRoutes: demoSlackRoutes(slack) } });
});
afterAll(async () => {
  await site.close();
  await slack.close();
});

const workspace = `/demo/slack/api/workspace?as=${users.ana}`;
const deed = (body: object, headers: Record<string, string>) =>
  site.send('POST', '/demo/slack/api/deeds', {
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
    body: JSON.stringify(body),
  });
const hello = { do: 'say', as: users.ana, channel: channels.releases, text: 'hello', threadTs: null };

describe('the page of the demo', () => {
  test('nobody sees or does anything there without being signed in as a person, on a page of our own', async () => {
    const token = { authorization: `Bearer ${await site.tokenOf(['admin'])}` };
    const cookie = await site.cookieOf(['viewer']);
    expect((await site.send('GET', workspace)).status).toBe(401);
    expect((await site.send('GET', workspace, { headers: token })).status).toBe(403);
    expect((await deed(hello, {})).status).toBe(401);
    expect((await deed(hello, { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).status).toBe(
      403,
    );
    expect(slack.posts(channels.releases)).toEqual([]);
  });

  test('what is said stands there for everybody, whispers for one alone, and the next look waits for news', async () => {
    const cookie = await site.cookieOf(['viewer']);
    const look = async (as: string, after = 0) => {
      const path = `/demo/slack/api/workspace?as=${as}&after=${after}`;
      return (await (await site.send('GET', path, { headers: { cookie } })).json()) as DemoSlack;
    };
    const { version } = await look(users.ana);
    const news = look(users.ben, version);
    expect(await (await deed(hello, { cookie })).json()).toEqual({ problem: null });
    expect((await news).messages.map(({ text }) => text)).toEqual(['hello']);
    // Nothing answers at the app's address: Slack's own words are for the one who typed.
    await deed({ ...hello, text: '/release help' }, { cookie });
    expect((await look(users.ana)).messages.at(-1)).toMatchObject({ onlyForYou: true });
    expect((await look(users.ben)).messages).toHaveLength(1);
  });

  test('somebody who is not there, and a deed that is none, are refused', async () => {
    const cookie = await site.cookieOf(['viewer']);
    expect((await deed({ ...hello, as: 'U0NOBODY01' }, { cookie })).status).toBe(404);
    expect((await deed({ ...hello, as: slack.workspace.botUser }, { cookie })).status).toBe(404);
    expect((await deed({ do: 'shout', as: users.ana }, { cookie })).status).toBe(400);
  });

  test('a server that is no demo has nothing of it', async () => {
    const plain = await openSite();
    const cookie = await plain.cookieOf(['admin']);
    const answer = await plain.send('POST', '/demo/slack/api/deeds', { headers: { cookie }, body: '{}' });
    expect(answer.status).toBe(404);
    await plain.close();
  });
});
