import { describe, expect, test } from 'vitest';
import { DEFAULT_PLAN, planForm, readPlanForm } from '../../dashboard/console/install/plan-form.ts';
import { parseDuration, parseQuantity, parseWaves } from '../../server/contracts/plan-text.ts';

describe('plan settings as text', () => {
  test('the defaults read back as nothing changed', () => {
    expect(planForm()).toEqual({
      waves: '1, 25 %, 100 %',
      maxParallel: '10',
      maxFailures: '0',
      bake: '5 min',
      onFailure: 'restore',
    });
    expect(readPlanForm(planForm())).toEqual({ plan: {}, problems: {} });
  });

  test('what the server does by default is not asked for, what differs from it is', () => {
    const defaults = { ...DEFAULT_PLAN, bakeMs: 2_000 };
    expect(readPlanForm(planForm(defaults), defaults).plan).toEqual({});
    expect(readPlanForm(planForm(), defaults).plan).toEqual({ bakeMs: 300_000 });
  });

  test('any plan survives being shown and read', () => {
    const plan = {
      waves: [{ count: 2 }, { ppm: 125_000, manual: true }, { ppm: 1_000_000 }],
      maxParallel: 7,
      maxFailures: { ppm: 100_000 },
      bakeMs: 5_400_000,
      onFailure: 'leave' as const,
    };
    expect(readPlanForm(planForm(plan))).toEqual({ plan, problems: {} });
    expect(readPlanForm(planForm({ ...DEFAULT_PLAN, bakeMs: 0 })).plan).toEqual({ bakeMs: 0 });
  });

  test('each field that cannot be read says what it takes, and the others still count', () => {
    const { plan, problems } = readPlanForm({
      waves: 'all',
      maxParallel: '0',
      maxFailures: '-1',
      bake: 'soon',
      onFailure: 'leave',
    });
    expect(Object.keys(problems)).toEqual(['waves', 'maxParallel', 'maxFailures', 'bake']);
    expect(plan).toEqual({ onFailure: 'leave' });
  });

  test.each([
    ['1, 25 %, 100 %', [{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }]],
    ['3 manual,50%', [{ count: 3, manual: true }, { ppm: 500_000 }]],
    ['100 %', [{ ppm: 1_000_000 }]],
    ['', null],
    ['0', null],
    ['0 %', null],
    ['101 %', null],
    ['1,,2', null],
    ['1; 2', null],
  ])('waves %j', (text, expected) => {
    expect(parseWaves(text)).toEqual(expected);
  });

  test.each([
    ['0', 0],
    ['90 s', 90_000],
    ['1 h 30 min', 5_400_000],
    ['250 ms', 250],
    ['24 h', 86_400_000],
    ['25 h', null],
    ['5', null],
    ['5 fortnights', null],
    ['', null],
  ])('bake %j', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test('a failure budget may be none, a count or a share', () => {
    expect(parseQuantity('0', 0)).toEqual({ count: 0 });
    expect(parseQuantity('33.4 %', 0)).toEqual({ ppm: 334_000 });
    expect(parseQuantity('3.5', 0)).toBeNull();
  });
});
