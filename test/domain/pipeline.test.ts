import { describe, expect, test } from 'vitest';
import {
  CANARY_STAGE_DEFAULTS,
  TIMED_STAGE_DEFAULTS,
  criteriaFaults,
  pipelineFaults,
  type PipelineStage,
} from '../../server/domain/pipeline.ts';

const DAY = 86_400_000;
const CHANNELS = ['dev', 'canary', 'beta', 'stable'];

const timed = (source: string, target: string, durationMs = 0): PipelineStage => ({
  ...TIMED_STAGE_DEFAULTS,
  source,
  target,
  durationMs,
});
const canary = (rules: Partial<Extract<PipelineStage, { kind: 'canary' }>>): PipelineStage => ({
  ...CANARY_STAGE_DEFAULTS,
  source: 'dev',
  target: 'canary',
  ...rules,
});
const codes = (...stages: PipelineStage[]) => pipelineFaults(stages, CHANNELS).map(({ code }) => code);

test('a line with branches and a join is fine', () => {
  const stages = [timed('dev', 'canary'), timed('dev', 'beta'), timed('canary', 'stable'), timed('beta', 'stable')];
  expect(pipelineFaults(stages, CHANNELS)).toEqual([]);
});

test('no stage at all is fine', () => {
  expect(pipelineFaults([], CHANNELS)).toEqual([]);
});

describe('a cycle is refused with its way round', () => {
  test('of three, wherever it is closed', () => {
    const stages = [timed('dev', 'canary'), timed('stable', 'dev'), timed('canary', 'stable')];
    const [fault] = pipelineFaults(stages, CHANNELS);
    expect(fault).toMatchObject({ code: 'cycle', path: ['canary', 'stable', 'dev', 'canary'] });
    expect(fault?.sentence).toContain('canary → stable → dev → canary');
  });

  test('of two, beside stages that are fine', () => {
    expect(codes(timed('dev', 'canary'), timed('canary', 'dev'), timed('dev', 'stable'))).toEqual(['cycle']);
  });

  test('a stage from a channel to itself is named as such', () => {
    expect(codes(timed('dev', 'dev'))).toEqual(['same_channel']);
  });
});

test('channels have to be there, and a stage only once', () => {
  const faults = pipelineFaults([timed('dev', 'prod')], CHANNELS);
  expect(faults).toMatchObject([{ code: 'unknown_channel', channel: 'prod' }]);
  expect(codes(timed('x', 'y'))).toEqual(['unknown_channel', 'unknown_channel']);
  expect(codes(timed('dev', 'canary'), timed('dev', 'beta'), timed('dev', 'canary'))).toEqual(['duplicate_stage']);
  expect(codes(timed('dev', 'canary'), timed('beta', 'canary'))).toEqual([]);
});

describe('bounds', () => {
  test.each([
    [0, []],
    [31 * DAY, []],
    [31 * DAY + 1, ['duration_out_of_bounds']],
    [-1, ['duration_out_of_bounds']],
    [0.5, ['duration_out_of_bounds']],
  ])('of a timed duration: %d ms', (ms, faults) => {
    expect(codes(timed('dev', 'canary', ms))).toEqual(faults);
  });

  test.each([
    [0, []],
    [13 * DAY, []],
    [13 * DAY + 1, ['duration_out_of_bounds', 'duration_out_of_bounds']],
  ])('of both canary durations: %d ms', (durationMs, faults) => {
    const condition = { needed: { count: 1 }, durationMs };
    expect(codes(canary({ promoteWhenHealthy: condition, recallWhenUnhealthy: condition }))).toEqual(faults);
  });

  test.each([
    [{ count: 0 }, []],
    [{ count: -1 }, ['needed_out_of_bounds']],
    [{ count: 1.5 }, ['needed_out_of_bounds']],
    [{ ppm: 0 }, []],
    [{ ppm: 1_000_000 }, []],
    [{ ppm: 1_000_001 }, ['needed_out_of_bounds']],
  ])('of what is needed: %j', (needed, faults) => {
    expect(codes(canary({ promoteWhenHealthy: { needed, durationMs: 0 } }))).toEqual(faults);
  });

  test.each([
    [null, []],
    [0, []],
    [-1, ['minimum_out_of_bounds']],
    [1.5, ['minimum_out_of_bounds']],
  ])('of the minimum entity count: %s', (minimumEntityCount, faults) => {
    expect(codes(canary({ minimumEntityCount }))).toEqual(faults);
  });

  test('of the thresholds', () => {
    expect(criteriaFaults({ healthyPpm: 0, unhealthyPpm: 1_000_000 })).toEqual([]);
    expect(criteriaFaults({ healthyPpm: 1_000_001, unhealthyPpm: -1 })).toMatchObject([
      { code: 'threshold_out_of_bounds', name: 'healthyThreshold', ppm: 1_000_001 },
      { code: 'threshold_out_of_bounds', name: 'unhealthyThreshold', ppm: -1 },
    ]);
  });

  test('a label requirement names a key', () => {
    expect(codes(canary({ requireLabel: { key: '' } }))).toEqual(['empty_label_key']);
    expect(codes({ ...timed('dev', 'canary'), requireLabel: { key: '' } })).toEqual(['empty_label_key']);
    expect(codes(canary({ requireLabel: { key: 'x' } }))).toEqual([]);
  });
});

test('a condition that is not configured requires nothing', () => {
  expect(CANARY_STAGE_DEFAULTS).toEqual({
    kind: 'canary',
    filters: [],
    rollOffAll: false,
    promoteWhenHealthy: null,
    recallWhenUnhealthy: null,
    minimumEntityCount: null,
    requireLabel: null,
  });
  expect(TIMED_STAGE_DEFAULTS).toEqual({ kind: 'timed', excludeWeekends: false, requireLabel: null });
});
