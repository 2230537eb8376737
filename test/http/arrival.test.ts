import { X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { startServer } from '../../server/main.ts';
import { arrivalOf } from '../../server/services/people/arrival.ts';
import { ensureSetUpLink } from '../../server/services/people/set-up.ts';
import { freshDatabase } from '../support/database.ts';
import { openSite, secretIn } from '../support/site.ts';

const behind = (proxies: string) => readConfig({ SIGNALBOX_TRUSTED_PROXIES: proxies });
const from = (proxies: string, remote: string, forwardedFor?: string, forwardedProto?: string) =>
  arrivalOf(behind(proxies), remote, { forwardedFor, forwardedProto });

describe('what a proxy says of a request', () => {
  test('counts from a trusted one alone; from anybody else it is made up', () => {
    const made = from('10.0.0.0/8', '203.0.113.9', '198.51.100.1', 'https');
    expect(made).toEqual({ address: '203.0.113.9', secure: false });
    expect(from('', '127.0.0.1', '198.51.100.1', 'https')).toEqual({ address: '127.0.0.1', secure: false });
    expect(from('10.0.0.0/8', '10.1.2.3', '198.51.100.1', 'https')).toEqual({ address: '198.51.100.1', secure: true });
  });

  test('what the client wrote before the proxy is hearsay: the last address that is no proxy is the client', () => {
    expect(from('10.0.0.0/8', '10.1.2.3', '1.1.1.1, 203.0.113.9').address).toBe('203.0.113.9');
    expect(from('10.0.0.0/8', '10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9').address).toBe('203.0.113.9');
    expect(from('10.0.0.0/8', '10.1.2.3', '1.1.1.1, nonsense').address).toBe('10.1.2.3');
    expect(from('10.0.0.0/8', '10.1.2.3').address).toBe('10.1.2.3');
    expect(from('10.0.0.0/8', '10.1.2.3', '203.0.113.9', 'https, http').secure).toBe(false);
  });

  test.each([
    ['10.1.2.3', '::ffff:10.1.2.3'],
    ['2001:db8::/32', '2001:db8::7'],
    ['192.0.2.7, 10.0.0.0/8', '10.200.0.1'],
  ])('%s trusts %s', (proxies, remote) => {
    expect(from(proxies, remote, '[2001:4860::1]:443').address).toBe('2001:4860::1');
    expect(from(proxies, remote, '203.0.113.9:5000').address).toBe('203.0.113.9');
  });

  test.each(['10.0.0.0/33', 'proxy.example', '10.0.0.0/', '10.0.0.0/8/8x'])('%s is no setting', (proxies) => {
    expect(() => behind(proxies)).toThrow(/SIGNALBOX_TRUSTED_PROXIES/);
  });
});

describe('a server behind a proxy', () => {
  const setUpAt = async (proxies: string) => {
    const site = await openSite({ settings: { SIGNALBOX_TRUSTED_PROXIES: proxies } });
    const token = secretIn((await ensureSetUpLink(site.world.ctx)) ?? '');
    const answer = await site.send('POST', '/api/v1/session/set-up', {
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
      },
      body: JSON.stringify({ token, name: 'Ana', email: 'ana@example.com', password: 'correct horse battery' }),
    });
    const [row] = await site.world.ctx.db.$client<{ address: string }[]>`select address from session`;
    await site.close();
    return {
      address: row?.address,
      cookie: answer.headers.get('set-cookie')?.replace(/=.*?;/, ';'),
      hsts: answer.headers.get('strict-transport-security'),
    };
  };

  test('gives Secure cookies and HSTS, and knows the address of the client', async () => {
    const { address, cookie, hsts } = await setUpAt('127.0.0.0/8, ::1');
    expect(address).toBe('203.0.113.9');
    expect(cookie).toMatch(/^__Host-signalbox_session;.*Secure/);
    expect(hsts).toBe('max-age=31536000');
  });

  test('that is not trusted changes nothing with its headers', async () => {
    const { address, cookie, hsts } = await setUpAt('10.0.0.0/8');
    expect(address).toBe('127.0.0.1');
    expect(cookie).toMatch(/^signalbox_session;(?!.*Secure)/);
    expect(hsts).toBeNull();
  });
});

describe('https by itself', () => {
  let folder: string;
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('serves with certificate and key, with HSTS, and plain http gets nothing', async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const options = ['-nodes', '-days', '1', '-subj', '/CN=localhost', '-keyout', key, '-out', cert];
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      ...options,
    ]);
    expect(new X509Certificate(await readFile(cert)).subject).toBe('CN=localhost');
    const database = await freshDatabase();
    const settings = {
      DATABASE_URL: database.url,
      SIGNALBOX_DATA: join(folder, 'data'),
      SIGNALBOX_PORT: '0',
      SIGNALBOX_ROLES: 'web',
      SIGNALBOX_TLS_CERT: cert,
    };
    expect(() => readConfig(settings)).toThrow(/go together/);
    const server = await startServer(readConfig({ ...settings, SIGNALBOX_TLS_KEY: key }), pino({ level: 'silent' }));
    try {
      expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(server.setUpLink).toMatch(/^https:/);
      const ca = await readFile(cert);
      const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
        request(`${server.url}/healthz`, { ca, checkServerIdentity: () => undefined }, (response) => {
          response.resume();
          resolve(response.headers);
        })
          .once('error', reject)
          .end();
      });
      expect(headers['strict-transport-security']).toBe('max-age=31536000');
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow('fetch failed');
    } finally {
      await server.stop();
    }
    await writeFile(key, 'no key');
    await expect(
      startServer(readConfig({ ...settings, SIGNALBOX_TLS_KEY: key }), pino({ level: 'silent' })),
    ).rejects.toThrow(/certificate and key for https cannot be used/);
    await database.drop();
  });
});
