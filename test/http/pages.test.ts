import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

async function build(): Promise<void> {
  await mkdir(join(site.pages, 'assets'));
  await writeFile(join(site.pages, 'index.html'), '<title>console</title>');
  await writeFile(join(site.pages, 'wall.html'), '<title>wall</title>');
  await writeFile(join(site.pages, 'assets/app-4f2a.js'), 'export {};'.repeat(500));
  await writeFile(join(site.pages, '..', 'outside.txt'), 'secret');
}

const textOf = async (path: string) => (await site.send('GET', path)).text();

describe('the dashboard', () => {
  test('is asked for again at each load, its hashed assets once a year', async () => {
    await build();
    const page = await site.send('GET', '/');
    expect([page.headers.get('cache-control'), page.headers.get('content-type')]).toEqual([
      'no-cache',
      'text/html; charset=utf-8',
    ]);
    const asset = await site.send('GET', '/assets/app-4f2a.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  test('is not sent twice to who has it, compressed or not', async () => {
    await build();
    for (const encoding of ['identity', 'gzip']) {
      const headers = { 'accept-encoding': encoding };
      const first = await site.send('GET', '/assets/app-4f2a.js', { headers });
      expect(first.headers.get('content-encoding') ?? 'identity').toBe(encoding);
      const again = await site.send('GET', '/assets/app-4f2a.js', {
        headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' },
      });
      expect(again.status, encoding).toBe(304);
    }
  });

  test('answers every address of the console with its page, and those of the wall with the wall', async () => {
    await build();
    for (const path of ['/', '/jobs/42', '/sign-in']) expect(await textOf(path)).toContain('console');
    for (const path of ['/wall', '/wall/']) expect(await textOf(path)).toContain('wall');
    expect((await site.send('GET', '/assets/gone.js')).status).toBe(404);
  });

  test('gives nothing from outside its folder', async () => {
    await build();
    for (const path of [
      '/..%2foutside.txt',
      '/assets/..%2f..%2foutside.txt',
      '/%2e%2e/outside.txt',
      '/%00.txt',
      '/%ff.txt',
    ]) {
      expect(await textOf(path), path).not.toContain('secret');
    }
  });

  test('that is not built says so, and how to build it', async () => {
    const answer = await site.send('GET', '/');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build');
  });
});

describe('the board', () => {
  test('comes compressed as it was made, once: who has it is told so', async () => {
    const headers = { authorization: `Bearer ${await site.tokenOf(['viewer'])}` };
    const first = await site.send('GET', '/api/v1/board', { headers });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(await first.json()).toMatchObject({ board: { cursor: '0.0' } });
    const plain = await site.send('GET', '/api/v1/board', { headers: { ...headers, 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.json()).toMatchObject({ board: { cursor: '0.0' } });
    const again = await site.send('GET', '/api/v1/board', { headers: { ...headers, 'if-none-match': '"0.0"' } });
    expect(again.status).toBe(304);
  });
});
