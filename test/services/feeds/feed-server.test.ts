import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFeedServer } from '../../../server/demo/feed-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function server() {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'feed', 'sub'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'secret');
  await writeFile(join(folder, 'feed', '.hidden'), 'hidden');
  await writeFile(join(folder, 'feed', 'sub', 'x'), 'x');
  await writeFile(join(folder, 'feed', 'a.tar.gz'), '0123456789');
  await writeFile(join(folder, 'feed', 'empty'), '');
  const started = await startFeedServer({ folder: join(folder, 'feed') });
  onTestFinished(started.close);
  return started.url;
}

/** The raw path: fetch would resolve `..` before it is sent. */
function get(url: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number | undefined; headers: http.IncomingHttpHeaders; body: string }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(url);
      const request = http.request({ hostname, port, path, headers, method }, async (response) => {
        let body = '';
        for await (const chunk of response) body += String(chunk);
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
      request.once('error', reject).end();
    },
  );
}

describe('the feed server', () => {
  test.each([
    [undefined, 200, '0123456789', undefined],
    ['bytes=0-', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=4-6', 206, '456', 'bytes 4-6/10'],
    ['bytes=7-99', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=5-4', 416, '', 'bytes */10'],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=0-1', 200, '0123456789', undefined],
  ])('answers range %s with %i', async (range, status, body, contentRange) => {
    const answer = await get(await server(), '/a.tar.gz', range === undefined ? {} : { range });
    expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange]);
  });

  test('answers by ETag: unchanged, and a range only of the same file', async () => {
    const url = await server();
    const { headers } = await get(url, '/a.tar.gz');
    const etag = String(headers.etag);
    expect(await get(url, '/a.tar.gz', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
    expect(await get(url, '/a.tar.gz', { range: 'bytes=8-', 'if-range': etag })).toMatchObject({
      status: 206,
      body: '89',
    });
    const other = await get(url, '/a.tar.gz', { range: 'bytes=8-', 'if-range': '"other"' });
    expect(other).toMatchObject({ status: 200, body: '0123456789' });
  });

  test('answers HEAD without a body, an empty file with nothing, and refuses to be written to', async () => {
    const url = await server();
    const head = await get(url, '/a.tar.gz', {}, 'HEAD');
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '10']);
    expect(await get(url, '/empty')).toMatchObject({ status: 200, body: '' });
    expect(await get(url, '/a.tar.gz', {}, 'PUT')).toMatchObject({ status: 405 });
  });

  test.each([
    '/',
    '/nothing',
    '/.hidden',
    '/sub',
    '/sub/x',
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e%2fsecret',
    '/%00',
    '/%zz',
  ])('shows nothing at %s', async (path) => {
    expect(await get(await server(), path)).toMatchObject({ status: 404, body: '' });
  });
});
