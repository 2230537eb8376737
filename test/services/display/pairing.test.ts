import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { display, displayPairing } from '../../../db/schema/index.ts';
import { changeDisplay, displayActor, listDisplays, revokeDisplay } from '../../../server/services/display/displays.ts';
import { loadBoard } from '../../../db/queries/board.ts';
import { mayDo, ACTIONS } from '../../../server/domain/permission.ts';
import { askCode, claimDisplay, pairDisplay } from '../../../server/services/display/pair.ts';
import { openWorld, type World } from '../../support/world.ts';

const MINUTE = 60_000;
const settings = { name: 'Control room', views: ['overview', 'hosts'] as const, rotateMs: 20_000 };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const pair = (code: string) => pairDisplay.run(world.ctx, world.operator, { code, ...settings });
const list = async () => (await listDisplays.run(world.ctx, world.operator, {})).items;

async function paired(): Promise<{ id: number; token: string }> {
  const { code, secret } = await askCode(world.ctx);
  const { id } = await pair(code);
  return { id, token: (await claimDisplay(world.ctx, { secret })).token ?? '' };
}

describe('a display', () => {
  test('gets its token once its code was entered, once, and is a viewer', async () => {
    const { code, secret } = await askCode(world.ctx);
    expect(await claimDisplay(world.ctx, { secret })).toEqual({ token: null });
    await pair(`${code.slice(0, 3).toLowerCase()}-${code.slice(3)}`);
    const { token } = await claimDisplay(world.ctx, { secret });
    expect(token).toMatch(/^sbd_[\w-]{43}$/);
    expect(await displayActor(world.ctx, token!)).toMatchObject({
      name: 'display Control room',
      kind: 'display',
      grants: [{ role: 'viewer' }],
    });
    await expect(claimDisplay(world.ctx, { secret })).rejects.toMatchObject({ code: 'gone' });
  });

  test('is kept without code, secret or token', async () => {
    const { code, secret } = await askCode(world.ctx);
    const waiting = JSON.stringify(await world.ctx.db.select().from(displayPairing));
    expect([waiting.includes(code), waiting.includes(secret)]).toEqual([true, false]);
    await pair(code);
    const { token } = await claimDisplay(world.ctx, { secret });
    expect(JSON.stringify(await world.ctx.db.select().from(display))).not.toContain(token!.slice(4));
    expect(await world.ctx.db.select().from(displayPairing)).toEqual([]);
  });

  test('a code is good for ten minutes and for one display', async () => {
    const late = await askCode(world.ctx);
    world.time.now += 10 * MINUTE;
    await expect(pair(late.code)).rejects.toMatchObject({ code: 'not_found', reason: 'no_such_code' });
    const { code } = await askCode(world.ctx);
    await pair(code);
    await expect(pair(code)).rejects.toMatchObject({ code: 'not_found' });
    expect(await list()).toHaveLength(1);
  });

  test('is worth nothing once it is revoked, and revoking twice says so', async () => {
    const { id, token } = await paired();
    await revokeDisplay.run(world.ctx, world.operator, { id });
    expect(await displayActor(world.ctx, token)).toBeUndefined();
    expect(await list()).toEqual([]);
    await expect(revokeDisplay.run(world.ctx, world.operator, { id })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is listed with when it was last seen, to the minute, and with what was changed', async () => {
    const { id, token } = await paired();
    const first = world.time.now;
    world.time.now += MINUTE - 1;
    await displayActor(world.ctx, token);
    expect((await list())[0]?.lastSeenAt).toBe(first);
    world.time.now += 1;
    await displayActor(world.ctx, token);
    expect((await list())[0]?.lastSeenAt).toBe(first + MINUTE);
    await changeDisplay.run(world.ctx, world.operator, { id, name: 'Hall', views: ['jobs'], rotateMs: 60_000 });
    expect((await list())[0]).toMatchObject({ name: 'Hall', views: ['jobs'], rotateMs: 60_000 });
  });

  test('may read what the wall shows, and nothing else: no log, no audit, no evidence', async () => {
    const { token } = await paired();
    const actor = (await displayActor(world.ctx, token))!;
    expect(ACTIONS.filter((action) => mayDo(actor, action).allowed)).toEqual(['board.read']);
    expect(mayDo(actor, 'log.read')).toMatchObject({ refusal: { code: 'display_only' } });
  });

  test('pairing, change and revocation stand in the log, each with who did it, and on the board until it is revoked', async () => {
    const { id } = await paired();
    await changeDisplay.run(world.ctx, world.operator, { id, ...settings, name: 'Hall' });
    expect((await loadBoard(world.ctx.db)).displays[id]).toMatchObject({ name: 'Hall', revokedAt: null });
    await revokeDisplay.run(world.ctx, world.operator, { id });
    const board = await loadBoard(world.ctx.db);
    expect(board.displays).toEqual({});
    expect(board.ticker.map(({ kind, actor, entity }) => [kind, actor, entity.id, entity.revision])).toEqual([
      ['display.revoked', 'Ana', id, 3],
      ['display.changed', 'Ana', id, 2],
      ['display.paired', 'Ana', id, 1],
    ]);
  });

  test('strangers cannot fill the table: a code more than fits is refused until others have run out', async () => {
    await world.ctx.db.insert(displayPairing).values(
      Array.from({ length: 500 }, (_, at) => ({
        secretHash: String(at),
        code: String(at),
        createdAt: world.time.now,
        expiresAt: world.time.now + MINUTE,
      })),
    );
    await expect(askCode(world.ctx)).rejects.toMatchObject({ code: 'too_many_attempts' });
    world.time.now += MINUTE + 1;
    expect((await askCode(world.ctx)).code).toMatch(/^[A-Z2-9]{6}$/);
  });
});
