import { describe, expect, test } from 'vitest';
import {
  impactText,
  recallProblem,
  recallText,
  sparedReason,
  strategyText,
} from '../../server/domain/recall-request.ts';
import {
  causeOf,
  planRollOff,
  type RollOffHost,
  type RollOffSurroundings,
  type StandingRecall,
} from '../../server/domain/roll-off-plan.ts';
import { channelOf } from './channel-fixture.ts';
import { holdOf } from './hold-fixture.ts';

const now = Date.UTC(2026, 10, 17, 12);
const recall = (change: Partial<StandingRecall> = {}): StandingRecall => ({
  id: 1,
  range: { only: '1.1.0' },
  except: [],
  strategy: { type: 'forward' },
  reverted: false,
  evaluationId: null,
  rollOffAll: false,
  ownEnvironments: [],
  ...change,
});
const ofStage = (change: Partial<StandingRecall> = {}) => recall({ id: 2, evaluationId: 7, ...change });
const host = (change: Partial<RollOffHost> = {}): RollOffHost => ({
  id: 1,
  name: 'line-1',
  role: 'target',
  environment: 'plant',
  life: 'active',
  installerMethod: 'managed',
  channel: channelOf('1.0.0', '1.1.0', '1.2.0'),
  alreadyThere: false,
  version: '1.1.0',
  underWay: null,
  busyWith: null,
  tried: [],
  window: { open: true, nextOpen: null },
  recallWaitsForWindow: false,
  ...change,
});
const around = (change: Partial<RollOffSurroundings> = {}): RollOffSurroundings => ({
  product: 'orders',
  recalls: [recall()],
  holds: [],
  downloaded: new Set(['1.2.0']),
  channelNames: new Map([['plant', 'stable']]),
  accepted: false,
  ...change,
});
const told = (given: Partial<RollOffHost> = {}, surroundings: Partial<RollOffSurroundings> = {}) => {
  const plan = planRollOff(host(given), around(surroundings), now);
  return plan && [plan.outcome, plan.target, plan.reason?.code ?? null, plan.cause.id];
};

describe('in whose name a host is rolled off', () => {
  const own = ofStage({ id: 3, ownEnvironments: ['plant'] });
  const all = ofStage({ id: 4, rollOffAll: true });

  test('a person’s recall comes first, then a stage’s own environment, then one that rolls off all', () => {
    expect(causeOf([ofStage(), all, own, recall()], 'plant')?.id).toBe(1);
    expect(causeOf([ofStage(), all, own], 'plant')?.id).toBe(3);
    expect(causeOf([ofStage(), all, own], 'lab')?.id).toBe(4);
    expect(causeOf([ofStage(), own], 'lab')?.id).toBe(2);
    expect(causeOf([], 'lab')).toBeUndefined();
  });
});

describe('what becomes of a host', () => {
  test('nothing where no recall covers what it runs', () => {
    expect(told({ version: '1.0.0' })).toBeNull();
  });

  test('it goes where the recall says', () => {
    expect(told()).toEqual(['starts', '1.2.0', null, 1]);
  });

  test('a roll-off that has it is told before anything that speaks against one', () => {
    expect(told({ underWay: { jobId: 9, version: '1.2.0' }, life: 'maintenance' })).toEqual([
      'under_way',
      '1.2.0',
      'under_way',
      1,
    ]);
  });

  test('a roll-off whose own target is recalled does not count', () => {
    const recalls = [recall({ range: { from: '1.1.0', before: '1.3.0' } })];
    const channel = channelOf('1.1.0', '1.2.0', '1.3.0');
    const surroundings = { recalls, downloaded: new Set(['1.3.0']) };
    expect(told({ channel, underWay: { jobId: 9, version: '1.2.0' } }, surroundings)).toEqual([
      'starts',
      '1.3.0',
      null,
      1,
    ]);
  });

  test('a host that cannot be installed to says why', () => {
    expect(told({ life: 'maintenance' })).toEqual(['refused', null, 'in_maintenance', 1]);
    expect(told({ installerMethod: 'helm' })).toEqual(['refused', null, 'not_managed', 1]);
    expect(told({ channel: null })).toEqual(['refused', null, 'not_subscribed', 1]);
  });

  test('it stays while there is no good release, or a freeze runs', () => {
    expect(told({ channel: channelOf('1.0.0', '1.1.0') })).toEqual(['stays', null, 'waiting_for_good_release', 1]);
    const freeze = recall({ strategy: { type: 'freeze', until: now + 1 } });
    expect(told({}, { recalls: [freeze] })).toEqual(['stays', null, 'frozen', 1]);
  });

  test('a stage’s recall proposes what is not its own, until a person accepts', () => {
    const recalls = [ofStage({ ownEnvironments: ['lab'] })];
    expect(told({}, { recalls })).toEqual(['proposed', '1.2.0', 'proposed', 2]);
    expect(told({}, { recalls, accepted: true })).toEqual(['starts', '1.2.0', null, 2]);
    expect(told({ environment: 'lab' }, { recalls })).toEqual(['starts', '1.2.0', null, 2]);
    expect(told({}, { recalls: [ofStage({ rollOffAll: true })] })).toEqual(['starts', '1.2.0', null, 2]);
  });

  test('a hold or a window keeps the job waiting, and is told with it', () => {
    const recalls = [ofStage({ rollOffAll: true })];
    expect(told({}, { recalls, holds: [holdOf()] })).toEqual(['starts', '1.2.0', 'held', 2]);
    expect(told({}, { holds: [holdOf()] })).toEqual(['starts', '1.2.0', null, 1]);
    expect(told({}, { holds: [holdOf({ strict: true })] })).toEqual(['starts', '1.2.0', 'held', 1]);
    expect(told({}, { holds: [holdOf({ strict: true, scope: { channel: 'stable' } })] })?.[2]).toBe('held');
    expect(told({}, { holds: [holdOf({ strict: true, scope: { channel: 'dev' } })] })?.[2]).toBeNull();
    const closed = { window: { open: false, nextOpen: now + 5 } };
    expect(told(closed)?.[2]).toBeNull();
    expect(told({ ...closed, recallWaitsForWindow: true })).toEqual(['starts', '1.2.0', 'window_closed', 1]);
  });

  test('what was tried is a person’s to ask for again, another target is not', () => {
    expect(told({ tried: [{ version: '1.2.0', jobId: 4 }] })).toEqual(['tried', '1.2.0', 'already_tried', 1]);
    expect(told({ tried: [{ version: '1.1.1', jobId: 4 }] })?.[0]).toBe('starts');
    expect(told({ tried: [{ version: '1.2.0', jobId: 4 }] }, { accepted: true })?.[0]).toBe('starts');
    const twice = [
      { version: '1.2.0', jobId: 4 },
      { version: '1.2.0', jobId: 5 },
    ];
    expect(planRollOff(host({ tried: twice }), around(), now)?.reason).toMatchObject({ job: 5 });
  });

  test('it waits for the job that is at work on it, and for the package', () => {
    expect(told({ busyWith: 8 })).toEqual(['waits', '1.2.0', 'blocked_by_job', 1]);
    expect(told({}, { downloaded: new Set() })).toEqual(['waits', '1.2.0', 'not_downloaded', 1]);
  });
});

describe('what refuses a recall', () => {
  const facts = { versioning: 'semver', known: ['1.0.0', '1.1.0'], standing: [] } as const;
  const ask = { range: { only: '1.1.0' }, except: [], strategy: { type: 'forward' } } as const;
  const code = (change: object = {}, more: object = {}) =>
    recallProblem({ ...ask, ...change }, { ...facts, ...more }, now)?.code ?? null;

  test('a release that is known, a range of what is yet to come', () => {
    expect(code()).toBeNull();
    expect(code({ range: { from: '9.0.0' } })).toBeNull();
  });

  test('a release that is unknown, a range that holds nothing, everything excluded', () => {
    expect(code({ range: { only: '1.1.1' } })).toBe('no_such_release');
    expect(code({ range: { from: '2.0.0', before: '1.0.0' } })).toBe('range_empty');
    expect(code({ except: ['1.1.0'] })).toBe('covers_nothing');
    expect(code({ except: ['1.0.0'] })).toBeNull();
  });

  test('a freeze that is over, that instant included', () => {
    expect(code({ strategy: { type: 'freeze', until: now } })).toBe('freeze_over');
    expect(code({ strategy: { type: 'freeze', until: now + 1 } })).toBeNull();
  });

  test('a floor that nothing can be compared with', () => {
    expect(code({ strategy: { type: 'downgrade', floor: 'blue' } })).toBe('floor_unknown');
    expect(code({ strategy: { type: 'downgrade', floor: '0.5.0' } })).toBeNull();
    const bySequence = { versioning: 'sequence', known: ['1.1.0', 'blue'] };
    expect(code({ strategy: { type: 'downgrade', floor: 'blue' } }, bySequence)).toBeNull();
    expect(code({ strategy: { type: 'downgrade', floor: '0.5.0' } }, bySequence)).toBe('floor_unknown');
  });

  test('the very same as another of a person; beside one of a stage it rolls off all', () => {
    const same = { ...ask, except: ['2.0.0', '1.0.0'], id: 3 };
    const again = { except: ['1.0.0', '2.0.0'] };
    expect(code(again, { standing: [{ ...same, evaluationId: null }] })).toBe('already_recalled');
    expect(code(again, { standing: [{ ...same, evaluationId: 7 }] })).toBeNull();
    expect(
      code({ ...again, strategy: { type: 'freeze', until: now + 1 } }, { standing: [{ ...same, evaluationId: null }] }),
    ).toBeNull();
  });
});

describe('a host that a roll-off has not come to', () => {
  const spared = (version: string | null, lastTaskWentBad = false) =>
    sparedReason({ name: 'line-1', version, lastTaskWentBad }, [recall()])?.sentence ?? null;

  test('is spared once it runs nothing that is recalled, unless its last task left it half done', () => {
    expect(spared('1.1.0')).toBeNull();
    expect(spared('1.2.0')).toBe('line-1 runs 1.2.0, which no recall covers: there is nothing to roll off.');
    expect(spared(null)).toContain('runs nothing');
    expect(spared('1.2.0', true)).toBeNull();
  });
});

describe('in words', () => {
  test('what is covered, how, and what it does', () => {
    expect(recallText({ range: { from: '1.1.0' }, except: ['1.3.0', '1.2.0'] })).toBe(
      '[1.1.0, ∞) without 1.2.0, 1.3.0',
    );
    expect(recallText({ range: { only: '1.1.0' }, except: [] })).toBe('1.1.0');
    expect(strategyText({ type: 'forward' })).toBe('forward');
    expect(strategyText({ type: 'downgrade', floor: '1.0.0' })).toBe('downgrade to 1.0.0 or newer');
    expect(strategyText({ type: 'freeze', until: now })).toBe('freeze until 2026-11-17 12:00 UTC');
    expect(impactText({ starts: 3, stays: 1 })).toBe('3 hosts to roll off, 1 host to stay');
    expect(impactText({})).toBe('no host runs it');
  });
});
