import { describe, expect, test } from 'vitest';
import { inRange, rangeProblem, rangeText } from '../../server/domain/recall-range.ts';
import { forwardTarget, recallsOf, rollOff, withRecalls, type Recall } from '../../server/domain/recall.ts';
import { decideRollOff, type RollOffFacts } from '../../server/domain/roll-off.ts';
import { channelOf, orderedChannel } from './channel-fixture.ts';
import { holdOf } from './hold-fixture.ts';

const now = Date.UTC(2026, 10, 17, 12);
const recall = (change: Partial<Recall>): Recall => ({
  range: { only: '1.1.0' },
  except: [],
  strategy: { type: 'forward' },
  reverted: false,
  ...change,
});

describe('ranges', () => {
  test('read as people write them', () => {
    expect(rangeText({ only: '1.1.0' })).toBe('1.1.0');
    expect(rangeText({ from: '1.1.0', before: '1.3.0' })).toBe('[1.1.0, 1.3.0)');
    expect(rangeText({ from: '1.1.0' })).toBe('[1.1.0, ∞)');
  });

  test('one release is that release, build metadata and all', () => {
    expect(inRange({ only: '1.1.0+a' }, '1.1.0+a')).toBe(true);
    expect(inRange({ only: '1.1.0+a' }, '1.1.0+b')).toBe(false);
    expect(inRange({ from: '1.1.0+a' }, '1.1.0+b')).toBe(true);
  });

  test('a label that is not SemVer is in no range, and can be recalled by itself', () => {
    expect(inRange({ from: '0.0.0' }, 'blue')).toBe(false);
    expect(inRange({ only: 'blue' }, 'blue')).toBe(true);
  });

  test('are refused when they cannot be compared, or hold nothing', () => {
    expect(rangeProblem('semver', { from: '1.0.0', before: '1.0.1' })).toBeNull();
    expect(rangeProblem('semver', { from: '1.0.0' })).toBeNull();
    expect(rangeProblem('sequence', { only: 'blue' })).toBeNull();
    expect(rangeProblem('sequence', { from: '1.0.0' })).toMatchObject({ code: 'range_needs_semver' });
    expect(rangeProblem('semver', { from: '1.0.0', before: 'next' })).toMatchObject({ code: 'range_needs_semver' });
    expect(rangeProblem('semver', { from: '1.0', before: '2.0.0' })?.sentence).toContain('"1.0" is not SemVer');
    expect(rangeProblem('semver', { from: 'a', before: 'b' })?.sentence).toContain('"a" is not SemVer');
    expect(rangeProblem('semver', { from: '1.0.0', before: '1.0.0' })).toMatchObject({ code: 'range_empty' });
    expect(rangeProblem('semver', { from: '1.0.1', before: '1.0.0' })).toMatchObject({ code: 'range_empty' });
  });
});

describe('what a host does', () => {
  const channel = channelOf('1.0.0', '1.1.0');

  test('a freeze says until when, the last of several', () => {
    const freeze = (until: number) => recall({ strategy: { type: 'freeze', until } });
    expect(rollOff(channel, [freeze(now + 1_000), freeze(now + 2_000)], '1.1.0', now)).toMatchObject({
      action: 'stay',
      reason: { code: 'frozen', until: now + 2_000 },
    });
  });

  test('the clock alone brings no good release', () => {
    const stay = rollOff(channel, [recall({})], '1.1.0', now);
    expect(stay).toMatchObject({ reason: { code: 'waiting_for_good_release' } });
    expect(stay.action === 'stay' && stay.reason.until).toBeUndefined();
  });

  test('by sequence, forward is later and the floor is a place on the channel', () => {
    const lane = orderedChannel('sequence', ['c', 'b', 'a']);
    const covering = (floor: string) => recall({ range: { only: 'a' }, strategy: { type: 'downgrade', floor } });
    expect(rollOff(lane, [recall({ range: { only: 'b' } })], 'b', now)).toEqual({ action: 'install', version: 'a' });
    expect(rollOff(lane, [covering('b')], 'a', now)).toEqual({ action: 'install', version: 'b' });
    expect(rollOff(lane, [covering('a')], 'a', now)).toMatchObject({ action: 'stay' });
    expect(rollOff(lane, [covering('unknown')], 'a', now)).toMatchObject({ action: 'stay' });
  });

  test('which recalls cover it is told in the order given, reverted ones left out', () => {
    const first = { ...recall({}), id: 1 };
    const second = { ...recall({ range: { from: '1.0.0' } }), id: 2 };
    expect(recallsOf([first, { ...first, id: 3, reverted: true }, second], '1.1.0')).toEqual([first, second]);
  });

  test('marks go on and off with the recalls', () => {
    const marked = withRecalls(channel, [recall({})]);
    expect(marked.entries.map(({ recalled }) => recalled)).toEqual([false, true]);
    expect(withRecalls(marked, []).entries.map(({ recalled }) => recalled)).toEqual([false, false]);
  });

  test('forward from nothing stops at the first required one', () => {
    expect(forwardTarget(channelOf('1.0.0', '1.1.0'), null)?.version).toBe('1.1.0');
    expect(forwardTarget(channelOf({ version: '1.0.0', required: true }, '1.1.0'), null)?.version).toBe('1.0.0');
    expect(forwardTarget(channelOf(), null)).toBeNull();
  });
});

describe('a roll-off', () => {
  const facts = (change: Partial<RollOffFacts>): RollOffFacts => ({
    startedBy: 'automation',
    ofOwnStage: true,
    rollOffAll: false,
    holds: [],
    work: {
      versioning: 'semver',
      product: 'web',
      channels: ['stable'],
      environment: 'prod',
      host: 'h1',
      release: { version: '1.2.0', sequence: 3 },
    },
    window: { open: true, nextOpen: null },
    recallWaitsForWindow: false,
    ...change,
  });
  const code = (change: Partial<RollOffFacts>) => {
    const decision = decideRollOff(facts(change), now);
    return decision.allowed ? 'allowed' : decision.refusal.code;
  };
  const closed = { open: false, nextOpen: now + 60_000 };

  test('of an automatic recall is for its own stage, for the others it is proposed', () => {
    expect(code({})).toBe('allowed');
    expect(code({ ofOwnStage: false })).toBe('proposed');
    expect(code({ ofOwnStage: false, rollOffAll: true })).toBe('allowed');
    expect(code({ ofOwnStage: false, startedBy: 'person' })).toBe('allowed');
  });

  test("that is automatic is stopped by any hold, a person's by a strict one", () => {
    expect(code({ holds: [holdOf()] })).toBe('held');
    expect(code({ holds: [holdOf()], startedBy: 'person' })).toBe('allowed');
    expect(code({ holds: [holdOf({ strict: true })], startedBy: 'person' })).toBe('held');
  });

  test('ignores windows unless the environment says otherwise', () => {
    expect(code({ window: closed })).toBe('allowed');
    expect(code({ recallWaitsForWindow: true })).toBe('allowed');
    expect(decideRollOff(facts({ window: closed, recallWaitsForWindow: true }), now)).toMatchObject({
      refusal: { code: 'window_closed', until: now + 60_000 },
    });
  });
});
