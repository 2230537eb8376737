import { describe, expect, test } from 'vitest';
import { estimateEnd } from '../../server/domain/estimate.ts';

describe('the end of a job is estimated', () => {
  test('from what its hosts took so far', () => {
    expect(estimateEnd({ startedAt: 1_000, lastEndAt: 11_000, done: 2, total: 8 })).toBe(41_000);
  });

  test.each([
    ['it has not started', { startedAt: null, lastEndAt: null, done: 0, total: 8 }],
    ['no host is done', { startedAt: 1_000, lastEndAt: null, done: 0, total: 8 }],
    ['every host is', { startedAt: 1_000, lastEndAt: 11_000, done: 8, total: 8 }],
  ])('never when %s', (_when, pace) => {
    expect(estimateEnd(pace)).toBeNull();
  });
});
