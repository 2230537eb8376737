import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiToken } from '../../../db/schema/index.ts';
import { mayDo } from '../../../server/domain/permission.ts';
import { createToken, listTokens, revokeToken, tokenActor } from '../../../server/services/people/tokens.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { openWorld, type World } from '../../support/world.ts';

const DAY = 86_400_000;
let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const create = (more: object = {}) =>
  createToken.run(
    world.ctx,
    { ...signalboxActor, name: 'Ana' },
    { name: 'ci', grants: [{ role: 'operator' }], ...more },
  );

describe('an API token', () => {
  test('speaks for its roles and no other, and never approves', async () => {
    const { secret, token } = await create();
    expect(secret).toMatch(/^sb_[\w-]{43}$/);
    const actor = await tokenActor(world.ctx, secret);
    expect(actor).toEqual({ kind: 'token', id: token.id, name: 'token ci', grants: [{ role: 'operator' }] });
    const may = (action: 'job.install' | 'fleet.apply' | 'approval.decide') => actor && mayDo(actor, action).allowed;
    expect([may('job.install'), may('fleet.apply'), may('approval.decide')]).toEqual([true, false, false]);
  });

  test('is kept as a hash alone', async () => {
    const { secret } = await create();
    const rows = JSON.stringify(await world.ctx.db.select().from(apiToken));
    expect(rows).toContain('"ci"');
    expect(rows).not.toContain(secret.slice(3));
    expect(JSON.stringify(await listTokens.run(world.ctx, signalboxActor, {}))).not.toMatch(/[0-9a-f]{64}/);
  });

  test('is worth nothing once it is revoked, and revoking twice says so', async () => {
    const { secret, token } = await create();
    await revokeToken.run(world.ctx, signalboxActor, { id: token.id });
    expect(await tokenActor(world.ctx, secret)).toBeUndefined();
    await expect(revokeToken.run(world.ctx, signalboxActor, { id: token.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await listTokens.run(world.ctx, signalboxActor, {})).items).toEqual([]);
  });

  test('runs out when it was told to, to the millisecond', async () => {
    const { secret } = await create({ expiresInDays: 2 });
    world.time.now += 2 * DAY - 1;
    expect(await tokenActor(world.ctx, secret)).toBeDefined();
    world.time.now += 1;
    expect(await tokenActor(world.ctx, secret)).toBeUndefined();
  });

  test('shows its last use, to the minute', async () => {
    const { secret } = await create();
    const lastUse = async () => (await listTokens.run(world.ctx, signalboxActor, {})).items[0]?.lastUsedAt;
    expect(await lastUse()).toBeNull();
    const first = world.time.now;
    await tokenActor(world.ctx, secret);
    world.time.now += 59_999;
    await tokenActor(world.ctx, secret);
    expect(await lastUse()).toBe(first);
    world.time.now += 1;
    await tokenActor(world.ctx, secret);
    expect(await lastUse()).toBe(first + 60_000);
  });
});
