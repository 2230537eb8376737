import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let cookie: string;
let authorization: string;
beforeAll(async () => {
  site = await openSite({ settings: { SIGNALBOX_URL: 'http://box.example:4600' } });
  cookie = await site.cookieOf(['admin']);
  authorization = `Bearer ${await site.tokenOf(['admin'])}`;
});
afterAll(() => site.close());

/** A mutation that an admin may do, about a token that does not exist. */
async function codeOf(headers: Record<string, string>): Promise<string> {
  const answer = await site.send('DELETE', '/api/v1/tokens/999', { headers });
  return ((await answer.json()) as { code: string }).code;
}

describe('a mutation that a cookie carries', () => {
  test('passes from our own page, by Sec-Fetch-Site or by Origin', async () => {
    expect(await codeOf({ cookie, 'sec-fetch-site': 'same-origin' })).toBe('not_found');
    expect(await codeOf({ cookie, origin: site.url })).toBe('not_found');
  });

  test('passes behind a proxy from the address that people see', async () => {
    expect(await codeOf({ cookie, origin: 'http://box.example:4600' })).toBe('not_found');
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a neighbour below the same domain', { 'sec-fetch-site': 'same-site', origin: 'http://other.box.example' }],
    ['another site, in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
    ['another port of the same machine', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['nowhere that anybody would tell', {}],
    [
      'a page that claims our origin while the browser knows better',
      { 'sec-fetch-site': 'cross-site', origin: 'http://box.example:4600' },
    ],
  ])('is refused from %s', async (_where, headers) => {
    expect(await codeOf({ cookie, ...headers })).toBe('foreign_origin');
  });

  test('signing in from another site is refused too, with right credentials or wrong', async () => {
    const answer = await site.send('POST', '/api/v1/session', {
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: JSON.stringify({ email: 'a@example.com', password: 'x' }),
    });
    expect(await answer.json()).toMatchObject({ code: 'foreign_origin' });
  });

  test('reading needs no origin, and no answer allows another site to read it', async () => {
    const answer = await site.send('GET', '/api/v1/products', { headers: { cookie, origin: 'https://evil.example' } });
    expect(answer.status).toBe(200);
    expect((await site.send('HEAD', '/api/v1/products', { headers: { cookie } })).status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  test('a token is sent by programs, which have no origin', async () => {
    expect(await codeOf({ authorization })).toBe('not_found');
  });
});
