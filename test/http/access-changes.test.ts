import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLive, type Live } from '../../server/live/start.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let live: Live;
let admin: Record<string, string>;

beforeAll(async () => {
  site = await openSite();
  live = await startLive(site.world.ctx, site.http, 'test', { recheckMs: 600_000 });
  admin = { cookie: await site.cookieOf(['admin']), origin: site.url, 'content-type': 'application/json' };
});
afterAll(async () => {
  await live.stop();
  await site.close();
});

test('who is disabled loses the session and the open socket at once', async () => {
  const headers = { cookie: await site.cookieOf(['viewer']), origin: site.url };
  const socket = io(site.url, { transports: ['websocket'], reconnection: false, extraHeaders: headers });
  await new Promise((resolve) => socket.once('connect', () => resolve(null)));
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));
  expect((await site.send('POST', '/api/v1/people/2/disable', { headers: admin, body: '{}' })).status).toBe(200);
  expect(await ended).toBe('io server disconnect');
  expect((await site.send('GET', '/api/v1/session', { headers })).status).toBe(401);
});

test('a change of grants comes with a new cookie at the next request, and the socket may do what is granted now', async () => {
  const cookie = await site.cookieOf([]);
  const socket = io(site.url, {
    transports: ['websocket'],
    reconnection: false,
    extraHeaders: { cookie, origin: site.url },
  });
  await new Promise((resolve) => socket.once('connect', () => resolve(null)));
  const follow = async () =>
    (await socket.timeout(5_000).emitWithAck('board:follow', { since: '0.0' })) as { ok: boolean };
  expect(await follow()).toMatchObject({ ok: false });
  const body = JSON.stringify({ grants: [{ role: 'viewer' }] });
  expect((await site.send('POST', '/api/v1/people/3/grants', { headers: admin, body })).status).toBe(200);
  await expect.poll(follow).toMatchObject({ ok: true });
  const answer = await site.send('GET', '/api/v1/session', { headers: { cookie } });
  const fresh = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  expect(fresh).toMatch(/^signalbox_session=[\w-]{43}$/);
  expect(fresh).not.toBe(cookie);
  expect(
    (await site.send('GET', '/api/v1/session', { headers: { cookie: fresh } })).headers.get('set-cookie'),
  ).toBeNull();
  socket.disconnect();
});
