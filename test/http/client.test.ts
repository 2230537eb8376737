import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, ProblemError } from '../../server/contracts/client.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function problemOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error(`expected a ProblemError, got ${String(error)}`);
  return error.problem;
}

describe('the typed client', () => {
  test('puts each field where the endpoint wants it: path, query or body', async () => {
    const client = await site.clientOf(['admin']);
    const { token } = await client.call('tokens.create', { name: 'a/b?c', grants: [{ role: 'viewer' }] });
    expect(await client.call('tokens.revoke', { id: token.id })).toEqual({ ok: true });
    const none = { items: [], next: null, previous: null, total: 0 };
    expect(await client.call('hosts.list', { search: 'a&b=c', limit: 3 })).toEqual(none);
  });

  test('throws what the server refuses, as it was said', async () => {
    const client = await site.clientOf(['viewer']);
    expect(await problemOf(client.call('jobs.show', { id: 12 }))).toMatchObject({ status: 404, code: 'not_found' });
    expect(await problemOf(client.call('products.check', { id: 1 }))).toMatchObject({ code: 'not_permitted' });
  });

  test('says of a server that is not there that it is not there, and why', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:9' });
    const problem = await problemOf(client.call('jobs.list', {}));
    expect(problem).toMatchObject({ status: 0, code: 'unreachable' });
    expect(problem.detail).toContain('http://127.0.0.1:9/api/v1/jobs');
  });

  test('does not take an answer that it does not understand for a good one', async () => {
    const stranger = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url?.endsWith('/jobs')) response.writeHead(502).end('<html>bad gateway</html>');
      else response.end('{"items":[{"id":"seven"}]}');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const client = createClient({ baseUrl: `http://127.0.0.1:${(stranger.address() as AddressInfo).port}` });
    expect(await problemOf(client.call('products.list', {}))).toMatchObject({ code: 'not_understood' });
    expect((await problemOf(client.call('jobs.list', {}))).detail).toContain('502');
    stranger.close();
  });

  test('can be told to stop', async () => {
    const client = await site.clientOf(['viewer']);
    const stop = AbortSignal.abort(new Error('left the page'));
    await expect(client.call('jobs.list', {}, { signal: stop })).rejects.toThrow('left the page');
  });
});
