import { describe, expect, test } from 'vitest';
import { isHalted, jobCondition } from '../../server/domain/job-condition.ts';

const because = (code: string) => ({ code, sentence: 'x' });

describe('what a job is', () => {
  test.each([
    ['waiting', 'held', 'held'],
    ['waiting', 'window_closed', 'waiting'],
    ['paused', 'held', 'paused'],
    ['running', null, 'running'],
    ['running', 'over_budget', 'halting'],
    ['running', 'halted', 'halting'],
    ['running', 'recalled', 'halting'],
    ['failed', 'over_budget', 'failed'],
    ['succeeded', null, 'succeeded'],
  ] as const)('%s with %s is %s', (status, code, condition) => {
    expect(jobCondition({ status, problem: code === null ? null : because(code) })).toBe(condition);
  });

  test.each([
    ['running', 'recalled', true],
    ['failed', 'over_budget', true],
    ['failed', 'halted', true],
    ['failed', 'recalled', false],
    ['failed', null, false],
    ['running', null, false],
  ] as const)('%s with %s is or was halted: %s', (status, code, halted) => {
    expect(isHalted({ status, problem: code === null ? null : because(code) })).toBe(halted);
  });
});
