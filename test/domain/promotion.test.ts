import { describe, expect, test } from 'vitest';
import { isJudgedAgain, judgeReopening, type Evaluation } from '../../server/domain/evaluation.ts';
import { judgeManualPromotion } from '../../server/domain/promotion.ts';
import type { StageFacts } from '../../server/domain/stages.ts';

const facts: StageFacts = {
  labels: { severity: 'routine' },
  recalled: false,
  onTarget: false,
  onSourceSince: 0,
  targetIsNewer: false,
  schedule: { timeZone: 'UTC', windows: [{ days: [], start: '00:00', end: '00:00' }] },
  holds: [],
};
const held = { code: 'held' as const, sentence: 'hold 3 "Q3 close" (Ana).', until: 7, owners: ['Ana'] };

describe('promotion by hand', () => {
  test('skips window, soak and a newer target', () => {
    expect(judgeManualPromotion({ ...facts, targetIsNewer: true }, null, 'customer waits')).toMatchObject({
      allowed: true,
    });
  });

  test.each([
    ['reason_missing', facts, null, '  '],
    ['recalled', { ...facts, recalled: true, onSourceSince: null }, null, 'why'],
    ['already_promoted', { ...facts, onTarget: true, onSourceSince: null }, null, 'why'],
    ['not_on_source', { ...facts, onSourceSince: null }, null, 'why'],
    ['label_missing', { ...facts, holds: [held] }, { key: 'ring' }, 'why'],
    ['held', { ...facts, holds: [held] }, { key: 'severity' }, 'why'],
  ] as const)('is refused: %s', (code, given, requirement, reason) => {
    const decision = judgeManualPromotion(given, requirement, reason);
    expect(decision).toMatchObject({ allowed: false, refusal: { code } });
    expect(decision.allowed || decision.refusal.sentence).toMatch(/^promotion refused: /);
  });

  test('hands the hold on with its owner and its end', () => {
    expect(judgeManualPromotion({ ...facts, holds: [held] }, null, 'why')).toEqual({
      allowed: false,
      refusal: { ...held, sentence: 'promotion refused: hold 3 "Q3 close" (Ana).' },
    });
  });
});

describe('an evaluation that has been judged', () => {
  const of = (status: Evaluation['status'], ...codes: Evaluation['codes']): Evaluation => ({ status, codes });

  test.each(['evaluating', 'paused'] as const)('%s is judged again', (status) => {
    expect(isJudgedAgain(of(status), true)).toBe(true);
  });

  test.each(['promoted', 'superseded', 'recalled'] as const)('%s is final', (status) => {
    expect(isJudgedAgain(of(status), true)).toBe(false);
  });

  test('starts anew when the release is back on the source, and only then', () => {
    expect(isJudgedAgain(of('cancelled', 'not_on_source'), true)).toBe(true);
    expect(isJudgedAgain(of('cancelled', 'not_on_source'), false)).toBe(false);
    expect(isJudgedAgain(of('cancelled', 'soak_timeout'), true)).toBe(false);
    expect(isJudgedAgain(of('recalled', 'not_on_source'), true)).toBe(false);
  });

  test('is opened again by a person with a reason, once it has ended', () => {
    expect(judgeReopening(of('promoted'), 'demoted by mistake')).toMatchObject({ allowed: true });
    expect(judgeReopening(of('cancelled', 'stage_timeout'), ' ')).toMatchObject({
      refusal: { code: 'reason_missing' },
    });
    expect(judgeReopening(of('evaluating'), 'why')).toMatchObject({ refusal: { code: 'not_ended' } });
  });
});
