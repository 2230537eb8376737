import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadBoard } from '../../../db/queries/board.ts';
import { openBoardFeed } from '../../../server/live/board-feed.ts';
import { isConfidential } from '../../../server/domain/activity.ts';
import type { Grant } from '../../../server/domain/permission.ts';
import { listActivities } from '../../../server/services/activity/list.ts';
import { confirmTotp, disableTotp, enrolTotp } from '../../../server/services/people/account-totp.ts';
import { setPassword, type Owner } from '../../../server/services/people/account.ts';
import { disablePerson, enablePerson, resetTotp, setGrants } from '../../../server/services/people/change-person.ts';
import { invite } from '../../../server/services/people/invite.ts';
import { ensureSetUpLink, setUp } from '../../../server/services/people/set-up.ts';
import { createToken, revokeToken } from '../../../server/services/people/tokens.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { codeAt } from '../../support/authenticator.ts';
import { activities } from '../../support/fleet.ts';
import { personOf } from '../../support/people.ts';
import { secretIn } from '../../support/site.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, type World } from '../../support/world.ts';

const password = 'correct horse battery';
let world: World;
let ana: Actor;
let owner: Owner;
beforeEach(async () => {
  world = await openWorld();
  const token = secretIn((await ensureSetUpLink(world.ctx)) ?? '');
  const opened = await setUp(world.ctx, { token, name: 'Ana', email: 'ana@example.com', password });
  ana = opened.actor;
  owner = { personId: ana.id ?? 0, sessionSecret: opened.secret, address: '10.0.0.1' };
});
afterEach(() => world.close());

const ben = { name: 'Ben', email: 'ben@example.com', grants: [{ role: 'viewer' as const }] };
const linesFor = async (reader: Actor) => (await listActivities.run(world.ctx, reader, { limit: 100 })).items;

async function everythingHappens(): Promise<void> {
  const { ctx } = world;
  const { person } = await invite.run(ctx, ana, ben);
  const grants: Grant[] = [{ role: 'operator' }, { role: 'approver' }];
  for (const _twice of [1, 2]) await setGrants.run(ctx, ana, { id: person.id, grants });
  for (const _twice of [1, 2]) await disablePerson.run(ctx, ana, { id: person.id });
  for (const _twice of [1, 2]) await enablePerson.run(ctx, ana, { id: person.id });
  const { secret } = await enrolTotp(ctx, owner);
  await confirmTotp(ctx, owner, { code: codeAt(secret, world.time.now) });
  await disableTotp(ctx, owner, { password });
  const again = await enrolTotp(ctx, owner);
  await confirmTotp(ctx, owner, { code: codeAt(again.secret, world.time.now) });
  for (const _twice of [1, 2]) await resetTotp.run(ctx, ana, { id: owner.personId });
  await setPassword(ctx, owner, { current: password, password: 'another horse battery' });
  const made = await createToken.run(ctx, ana, { name: 'ci', grants: [{ role: 'operator' }], expiresInDays: 1 });
  await revokeToken.run(ctx, ana, { id: made.token.id });
}

describe('changes to people and tokens', () => {
  test('stand in the log once each, with who, whom and what, and without any secret', async () => {
    await everythingHappens();
    const lines = (await linesFor(ana)).toReversed();
    expect(lines.map(({ kind, actor, detail }) => [kind, actor, detail])).toEqual([
      ['person.set_up', 'Ana', { name: 'Ana', email: 'ana@example.com' }],
      ['person.invited', 'Ana', { name: 'Ben', email: 'ben@example.com', grants: ['viewer'] }],
      ['person.granted', 'Ana', { name: 'Ben', before: ['viewer'], grants: ['operator', 'approver'] }],
      ['person.disabled', 'Ana', { name: 'Ben' }],
      ['person.enabled', 'Ana', { name: 'Ben' }],
      ['person.totp_enabled', 'Ana', { name: 'Ana' }],
      ['person.totp_disabled', 'Ana', { name: 'Ana' }],
      ['person.totp_enabled', 'Ana', { name: 'Ana' }],
      ['person.totp_reset', 'Ana', { name: 'Ana' }],
      ['person.password_set', 'Ana', { name: 'Ana' }],
      ['token.created', 'Ana', { name: 'ci', grants: ['operator'], expiresAt: world.time.now + 86_400_000 }],
      ['token.revoked', 'Ana', { name: 'ci' }],
    ]);
    for (const { view } of await activities(world)) expect(JSON.stringify(view)).not.toMatch(/hash|secret|scrypt/i);
  });

  test('are for those to read who manage people and tokens, and for nobody else', async () => {
    await everythingHappens();
    await declareFleet(world, { targets: 1 });
    const narrow: Grant = { role: 'admin', product: 'orders' };
    for (const grant of ['viewer', 'operator', 'approver', narrow] as const) {
      const kinds = (await linesFor(await personOf(world, 'Eve', grant))).map(({ entity }) => entity.kind);
      expect(kinds).toContain('product');
      expect(kinds.filter(isConfidential)).toEqual([]);
    }
    const admin = await personOf(world, 'Root', 'admin');
    expect((await linesFor(admin)).filter(({ entity }) => isConfidential(entity.kind))).toHaveLength(12);
  });

  test('reach no board: neither who loads it, nor who follows', async () => {
    const { db, bell, log } = world.ctx;
    const feed = await openBoardFeed({ db, bell, log });
    try {
      const from = feed.board.cursor;
      await everythingHappens();
      await declareFleet(world, { targets: 1 });
      await until('the board to follow', () => Object.keys(feed.board.products).length === 1);
      const sent = feed.after(from) ?? [];
      expect(sent.map(({ entity }) => entity.kind)).toContain('product');
      expect(sent.filter(({ entity }) => isConfidential(entity.kind))).toEqual([]);
      for (const { ticker } of [feed.board, await loadBoard(db)]) {
        expect(ticker.length).toBeGreaterThan(0);
        expect(ticker.filter(({ entity }) => isConfidential(entity.kind))).toEqual([]);
      }
    } finally {
      await feed.stop();
    }
  });
});
