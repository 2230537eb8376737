import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureSetUpLink } from '../../server/services/people/set-up.ts';
import { openSite, secretIn, type Site } from '../support/site.ts';

let site: Site;
let setCookie: string;
const person = { name: 'Ana', email: 'ana@example.com', password: 'correct horse battery' };

beforeAll(async () => {
  site = await openSite();
  const token = secretIn((await ensureSetUpLink(site.world.ctx)) ?? '');
  const answer = await post('/session/set-up', { token, ...person });
  setCookie = answer.headers.get('set-cookie') ?? '';
});
afterAll(() => site.close());

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'content-type': 'application/json', origin: site.url, ...headers };
  return site.send('POST', `/api/v1${path}`, { headers: all, body: JSON.stringify(body) });
}

const cookieIn = (header: string) => header.slice(0, header.indexOf(';'));
const whoIs = async (cookie: string) => (await site.send('GET', '/api/v1/session', { headers: { cookie } })).status;

describe('a browser session', () => {
  test('begins with the set-up, in a cookie that no script reads and no other site sends along', () => {
    expect(setCookie).toMatch(/^signalbox_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('says who is signed in', async () => {
    const answer = await site.send('GET', '/api/v1/session', { headers: { cookie: cookieIn(setCookie) } });
    expect(await answer.json()).toMatchObject({ kind: 'person', name: 'Ana', grants: [{ role: 'admin' }] });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('gets a new secret at each sign-in, and the one before is worth nothing', async () => {
    const first = await post('/session', { email: person.email, password: person.password });
    const before = cookieIn(first.headers.get('set-cookie') ?? '');
    const second = await post('/session', { email: person.email, password: person.password }, { cookie: before });
    const after = cookieIn(second.headers.get('set-cookie') ?? '');
    expect(after).not.toBe(before);
    expect([await whoIs(before), await whoIs(after)]).toEqual([401, 200]);
  });

  test('ends with sign-out, and the cookie goes', async () => {
    const { headers } = await post('/session', { email: person.email, password: person.password });
    const cookie = cookieIn(headers.get('set-cookie') ?? '');
    const out = await site.send('DELETE', '/api/v1/session', { headers: { cookie, origin: site.url } });
    expect(await out.json()).toEqual({ ok: true });
    expect(out.headers.get('set-cookie')).toMatch(/^signalbox_session=; Max-Age=0; Path=\//);
    expect(await whoIs(cookie)).toBe(401);
  });

  test('does not begin with a wrong password: no cookie, a problem that says what to do', async () => {
    const answer = await post('/session', { email: person.email, password: 'wrong' });
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await answer.json()).toMatchObject({ status: 401, code: 'wrong_credentials' });
  });

  test('a token beside the cookie speaks alone: what it may not do, the cookie does not add', async () => {
    const authorization = `Bearer ${await site.tokenOf(['viewer'])}`;
    const answer = await site.send('GET', '/api/v1/tokens', {
      headers: { authorization, cookie: cookieIn(setCookie) },
    });
    expect(answer.status).toBe(403);
    const wrong = await site.send('GET', '/api/v1/session', {
      headers: { authorization: 'Bearer sb_wrong', cookie: cookieIn(setCookie) },
    });
    expect(wrong.status).toBe(401);
  });
});

test('over https the cookie is Secure and bound to this host', async () => {
  const secure = await openSite({ settings: { SIGNALBOX_URL: 'https://box.example' } });
  const token = secretIn((await ensureSetUpLink(secure.world.ctx)) ?? '');
  const answer = await secure.send('POST', '/api/v1/session/set-up', {
    headers: { 'content-type': 'application/json', origin: 'https://box.example' },
    body: JSON.stringify({ token, ...person }),
  });
  expect(answer.headers.get('set-cookie')).toMatch(
    /^__Host-signalbox_session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  await secure.close();
});
