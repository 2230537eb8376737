import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idempotencyKey, job } from '../../db/schema/index.ts';
import { createClient } from '../../server/contracts/client.ts';
import { forgetOldAnswers } from '../../server/services/idempotency/forget-old.ts';
import { listTokens } from '../../server/services/people/tokens.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: Site;
let ana: string;
let bob: string;
let eve: string;
beforeAll(async () => {
  site = await openSite();
  ana = await site.tokenOf(['admin']);
  bob = await site.tokenOf(['admin']);
  eve = await site.tokenOf(['admin']);
});
afterAll(() => site.close());

interface Answer {
  status: number;
  replayed: boolean;
  body: { code?: string; secret?: string };
}

/** A mutation whose every effect can be counted: a token of this name. */
async function create(name: string, key: string, { token = ana, role = 'viewer' } = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
  const body = JSON.stringify({ name, grants: [{ role }] });
  const answer = await site.send('POST', '/api/v1/tokens', { headers, body });
  const replayed = answer.headers.get('idempotent-replayed') === 'true';
  return { status: answer.status, replayed, body: (await answer.json()) as Answer['body'] };
}

async function made(name: string): Promise<number> {
  const { items } = await listTokens.run(site.world.ctx, signalboxActor, {});
  return items.filter((token) => token.name === name).length;
}

describe('a repeated Idempotency-Key', () => {
  test('changes nothing and answers the same, the secret that is shown once included', async () => {
    const first = await create('again', 'key-1');
    const second = await create('again', 'key-1');
    expect([first.replayed, second.replayed]).toEqual([false, true]);
    expect(second.body).toEqual(first.body);
    expect(second.body.secret).toMatch(/^sb_/);
    expect(await made('again')).toBe(1);
  });

  test('does not mind in which order the fields of the request stand', async () => {
    const send = (body: string) =>
      site.send('POST', '/api/v1/tokens', {
        headers: { authorization: `Bearer ${ana}`, 'content-type': 'application/json', 'idempotency-key': 'key-order' },
        body,
      });
    await send('{"name":"order","grants":[{"role":"viewer"}]}');
    const second = await send('{"grants":[{"role":"viewer"}],"name":"order"}');
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });

  test('with another body is refused, and with another endpoint', async () => {
    await create('mismatch', 'key-2');
    expect((await create('other', 'key-2')).body.code).toBe('idempotency_mismatch');
    const { items } = await listTokens.run(site.world.ctx, signalboxActor, {});
    const elsewhere = await site.send('DELETE', `/api/v1/tokens/${items.at(-1)?.id}`, {
      headers: { authorization: `Bearer ${bob}`, 'idempotency-key': 'key-2b' },
    });
    expect(elsewhere.status).toBe(200);
    expect((await create('other', 'key-2b', { token: bob })).body.code).toBe('idempotency_mismatch');
    expect(await made('other')).toBe(0);
  });

  test('belongs to its caller: two who choose the same one never meet', async () => {
    const key = 'key-3';
    const other = await site.tokenOf(['admin']);
    const [first, second] = [
      await create('own', key, { token: other }),
      await create('own', key, { token: await site.tokenOf(['admin']) }),
    ];
    expect([first.replayed, second.replayed]).toEqual([false, false]);
    expect(await made('own')).toBe(2);
  });

  test('of twenty requests at once has one effect; the others get its answer or are told to wait', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('storm', 'key-storm', { token: eve })));
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ body }) => body.code === 'in_progress').length + done.length).toBe(20);
    expect(new Set(done.map(({ body }) => body.secret)).size).toBe(1);
    expect(done.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await made('storm')).toBe(1);
  });

  test('that is sent by twenty of our own clients at once gives all of them the answer', async () => {
    const client = createClient({ baseUrl: site.url, token: eve });
    const call = () =>
      client.call('tokens.create', { name: 'double-click', grants: [{ role: 'viewer' }] }, { idempotencyKey: 'click' });
    const secrets = await Promise.all(Array.from({ length: 20 }, async () => (await call()).secret));
    expect(new Set(secrets).size).toBe(1);
    expect(await made('double-click')).toBe(1);
  });

  test('of a refused request may be sent again: nothing had changed', async () => {
    const revoke = (id: number, key: string) =>
      site.send('DELETE', `/api/v1/tokens/${id}`, {
        headers: { authorization: `Bearer ${eve}`, 'idempotency-key': key },
      });
    expect((await revoke(4_000, 'key-refused')).status).toBe(404);
    const { items } = await listTokens.run(site.world.ctx, signalboxActor, {});
    expect((await revoke(items.at(-1)?.id ?? 0, 'key-refused')).status).toBe(200);
  });

  test('whose request broke half-way left nothing behind: neither its effect nor a key that is stuck', async () => {
    // The answer cannot be stored: as if the process had died between the change and its answer.
    await site.world.ctx.db.execute(
      'alter table idempotency_key add constraint broken check (created_at is null) not valid',
    );
    expect((await create('half', 'key-half')).status).toBe(500);
    expect(await made('half')).toBe(0);
    await site.world.ctx.db.execute('alter table idempotency_key drop constraint broken');
    expect(await create('half', 'key-half')).toMatchObject({ status: 200, replayed: false });
    expect(await made('half')).toBe(1);
  });

  test('does not outlive the permission: who may no longer do it does not get the answer either', async () => {
    const cookie = await site.cookieOf(['admin']);
    const send = () =>
      site.send('POST', '/api/v1/people', {
        headers: { cookie, origin: site.url, 'content-type': 'application/json', 'idempotency-key': 'key-role' },
        body: JSON.stringify({ name: 'New', email: 'new@example.com', grants: [{ role: 'viewer' }] }),
      });
    expect((await send()).status).toBe(200);
    await site.world.ctx.db.execute(`update person set grants = '[{"role":"viewer"}]'`);
    expect((await send()).status).toBe(403);
  });

  test('is refused when it is empty or endless', async () => {
    expect((await create('x', 'k'.repeat(201))).body.code).toBe('malformed');
    expect((await create('x', '')).body.code).toBe('malformed');
  });
});

test('the bell rings for a change under a key once it is committed, not before: who looks then sees it', async () => {
  const seen: Promise<number>[] = [];
  const rung = await openSite({
    context: (ctx) => ({
      ...ctx,
      bell: { ...ctx.bell, ring: () => void seen.push(ctx.db.$count(job)) },
    }),
  });
  await declareFleet(rung.world, { targets: 1 });
  await publish(rung.world, ['1.0.0']);
  const client = await rung.clientOf(['operator']);
  await client.call('releases.download', { id: 1 }, { idempotencyKey: 'bell' });
  expect(await Promise.all(seen)).toEqual([1]);
  await client.call('releases.download', { id: 1 }, { idempotencyKey: 'bell' });
  expect(await Promise.all(seen)).toEqual([1]);
  await rung.close();
});

test('stored answers are sealed: what the database keeps shows no secret', async () => {
  const { body } = await create('sealed', 'key-sealed');
  const rows = JSON.stringify(await site.world.ctx.db.select().from(idempotencyKey));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows).not.toContain(body.secret);
  expect(rows).not.toContain('key-sealed');
  expect(rows).not.toContain('sealed');
});

test('after a day a key is forgotten and means a new request', async () => {
  await create('day', 'key-day');
  site.world.time.now += 24 * 3_600_000;
  await forgetOldAnswers(site.world.ctx);
  expect((await create('day', 'key-day')).replayed).toBe(true);
  site.world.time.now += 1;
  expect(await forgetOldAnswers(site.world.ctx)).toBeGreaterThan(0);
  expect((await create('day', 'key-day')).replayed).toBe(false);
});
