import { describe, expect, test } from 'vitest';
import {
  blockingHolds,
  decideHolds,
  holdProblem,
  holdsChangeAt,
  inForce,
  type HoldScope,
  type Work,
} from '../../server/domain/holds.ts';
import { holdOf } from './hold-fixture.ts';

const now = Date.UTC(2026, 10, 17, 12);
const install: Work = {
  kind: 'install',
  startedBy: 'person',
  versioning: 'semver',
  product: 'web',
  channels: ['stable'],
  environment: 'prod',
  host: 'h1',
  release: { version: '1.2.0', sequence: 3 },
};
const promotion: Work = {
  ...install,
  kind: 'promotion',
  channels: ['canary', 'stable'],
  environment: undefined,
  host: undefined,
};

const stopped = (work: Work, change: Parameters<typeof holdOf>[0] = {}) =>
  blockingHolds([holdOf(change)], work, now).length === 1;

describe('what a hold stops', () => {
  test.each<[Work['kind'], Work['startedBy'], boolean, boolean]>([
    ['promotion', 'automation', true, true],
    ['promotion', 'person', true, true],
    ['install', 'automation', true, true],
    ['install', 'person', true, true],
    ['download', 'automation', false, false],
    ['download', 'person', false, false],
    ['rollback', 'automation', true, true],
    ['rollback', 'person', false, true],
    ['roll_off', 'automation', true, true],
    ['roll_off', 'person', false, true],
  ])('a %s that %s starts: by any hold %s, by a strict one %s', (kind, startedBy, byAny, byStrict) => {
    expect(stopped({ ...install, kind, startedBy })).toBe(byAny);
    expect(stopped({ ...install, kind, startedBy }, { strict: true })).toBe(byStrict);
  });
});

describe('where a hold is in force', () => {
  test.each<[HoldScope, boolean, boolean]>([
    [{}, true, true],
    [{ product: 'web' }, true, true],
    [{ product: 'db' }, false, false],
    [{ product: 'web', channel: 'stable' }, true, true],
    [{ product: 'web', channel: 'canary' }, false, true],
    [{ product: 'db', channel: 'stable' }, false, false],
    [{ environment: 'prod' }, true, false],
    [{ environment: 'lab' }, false, false],
    [{ product: 'web', environment: 'prod' }, true, false],
    [{ product: 'db', environment: 'prod' }, false, false],
    [{ host: 'h1' }, true, false],
    [{ host: 'h2' }, false, false],
  ])('%j: an install %s, a promotion %s', (scope, ofInstall, ofPromotion) => {
    expect(stopped(install, { scope })).toBe(ofInstall);
    expect(stopped(promotion, { scope })).toBe(ofPromotion);
  });
});

describe('when a hold is in force', () => {
  test('from its start to its expiry, that instant excluded', () => {
    expect(inForce(holdOf({ from: now }), now)).toBe(true);
    expect(inForce(holdOf({ from: now + 1 }), now)).toBe(false);
    expect(inForce(holdOf({ until: now + 1 }), now)).toBe(true);
    expect(inForce(holdOf({ until: now }), now)).toBe(false);
  });

  test('until it is released', () => {
    expect(inForce(holdOf({ releasedAt: now }), now)).toBe(false);
    expect(inForce(holdOf(), now)).toBe(true);
  });
});

describe('who is stopped is told', () => {
  test('which hold, whose, why, until when', () => {
    const decision = decideHolds([holdOf({ id: '7', until: now + 21_600_000 })], install, now);
    expect(decision).toEqual({
      allowed: false,
      refusal: {
        code: 'held',
        sentence:
          'Stopped by hold 7 "Q3 close" (Ana) until 2026-11-17 18:00 UTC. Ask Ana to release it, or an admin for break-glass.',
        until: now + 21_600_000,
        holds: ['7'],
        owners: ['Ana'],
      },
    });
  });

  test('of all of them, and when the last one ends', () => {
    const holds = [holdOf({ id: '1', until: now + 1_000 }), holdOf({ id: '2', owner: 'Ben', until: now + 2_000 })];
    expect(decideHolds(holds, install, now)).toMatchObject({
      refusal: { until: now + 2_000, holds: ['1', '2'], owners: ['Ana', 'Ben'] },
    });
  });

  test('that time alone does not end it when one has no end', () => {
    const decision = decideHolds([holdOf({ until: now + 1_000 }), holdOf({ id: '2' })], install, now);
    expect(decision.allowed ? 0 : decision.refusal.until).toBeUndefined();
    expect(decision.allowed ? '' : decision.refusal.sentence).toContain('until it is released');
  });

  test('nobody is stopped by no hold', () => {
    expect(decideHolds([], install, now)).toEqual({ allowed: true, warnings: [] });
  });
});

describe('the bar that a rollback leaves', () => {
  const release = { version: '1.2.0', sequence: 3 };
  const bar = (liftOnNewer: boolean) => ({ scope: { product: 'web', host: 'h1' }, bar: { release, liftOnNewer } });
  const newer = { version: '1.3.0', sequence: 4 };
  const older = { version: '1.1.0', sequence: 2 };

  test('stops the release that was rolled back, whoever starts it', () => {
    for (const startedBy of ['person', 'automation'] as const) {
      expect(stopped({ ...install, startedBy }, bar(false))).toBe(true);
      expect(stopped({ ...install, startedBy }, bar(true))).toBe(true);
    }
  });

  test('lets a person install another one', () => {
    expect(stopped({ ...install, release: newer }, bar(false))).toBe(false);
    expect(stopped({ ...install, release: older }, bar(false))).toBe(false);
  });

  test('stops automation altogether, unless it may lift for what is newer', () => {
    const automatic = { ...install, startedBy: 'automation' } as const;
    expect(stopped({ ...automatic, release: newer }, bar(false))).toBe(true);
    expect(stopped({ ...automatic, release: newer }, bar(true))).toBe(false);
    expect(stopped({ ...automatic, release: older }, bar(true))).toBe(true);
  });

  test('is for its host only', () => {
    expect(stopped({ ...install, host: 'h2' }, bar(false))).toBe(false);
  });
});

describe('a hold cannot be put', () => {
  test.each([
    ['without a reason', { reason: '  ' }, 'reason_missing'],
    ['without an owner', { owner: '' }, 'owner_missing'],
    ['when it ends where it starts', { from: now, until: now }, 'never_in_force'],
  ])('%s', (_name, change, code) => {
    expect(holdProblem(holdOf(change))).toMatchObject({ code });
  });

  test('but with both, with and without start and expiry', () => {
    for (const change of [{}, { from: now }, { until: now }, { from: now, until: now + 1 }]) {
      expect(holdProblem(holdOf(change))).toBeNull();
    }
  });
});

describe('when time alone changes what is held', () => {
  test('at the first start or end that is still to come, of holds that nobody has released', () => {
    const holds = [
      holdOf({ from: now - 5, until: now }),
      holdOf({ from: now + 50, until: now + 60 }),
      holdOf({ from: null, until: now + 70 }),
      holdOf({ from: now - 5, until: now + 10, releasedAt: now - 1 }),
    ];
    expect(holdsChangeAt(holds, now)).toBe(now + 50);
    expect(holdsChangeAt(holds, now + 50)).toBe(now + 60);
    expect(holdsChangeAt(holds, now + 70)).toBeNull();
    expect(holdsChangeAt([holdOf({ from: null, until: null })], now)).toBeNull();
  });
});
