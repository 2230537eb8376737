import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

function send(method: string, path: string, body?: object, cookie?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', origin: site.url, ...(cookie ? { cookie } : {}) };
  return site.send(method, `/api/v1${path}`, { headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

test('a screen is paired by its code, keeps its token where no script reads it, and only looks', async () => {
  const { code, secret } = (await (await send('POST', '/displays/codes', {})).json()) as Record<string, string>;
  const early = await send('POST', '/displays/claims', { secret });
  expect([await early.json(), early.headers.get('set-cookie')]).toEqual([{ paired: false }, null]);
  const settings = { name: 'Hall', views: ['overview', 'jobs'], rotateMs: 30_000 };
  const operator = await site.cookieOf(['operator']);
  expect((await send('POST', '/displays', { code, ...settings }, operator)).status).toBe(200);
  const claimed = await send('POST', '/displays/claims', { secret });
  const setCookie = claimed.headers.get('set-cookie') ?? '';
  expect(setCookie).toMatch(/^signalbox_display=sbd_[\w-]{43}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(await claimed.text()).not.toContain('sbd_');

  const screen = setCookie.slice(0, setCookie.indexOf(';'));
  expect((await send('GET', '/board', undefined, screen)).status).toBe(200);
  expect(await (await send('GET', '/displays/own', undefined, screen)).json()).toEqual({ display: settings });
  expect((await send('GET', '/displays', undefined, screen)).status).toBe(403);
  const change = await send('POST', '/approvals/1/decide', { verdict: 'cancel' }, screen);
  expect([change.status, ((await change.json()) as { detail: string }).detail]).toEqual([
    401,
    'Request refused: this screen is paired as a display, which only looks. Sign in as a person.',
  ]);

  const [row] = ((await (await send('GET', '/displays', undefined, operator)).json()) as { items: { id: number }[] })
    .items;
  expect((await send('DELETE', `/displays/${row!.id}`, undefined, operator)).status).toBe(200);
  expect((await send('GET', '/board', undefined, screen)).status).toBe(401);
});

test('who is signed in and no display is told so', async () => {
  const viewer = await site.cookieOf(['viewer']);
  expect(await (await send('GET', '/displays/own', undefined, viewer)).json()).toEqual({ display: null });
});
