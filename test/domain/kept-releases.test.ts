import { expect, test } from 'vitest';
import { historyNote, keptBeside, keptOnHost, type Remembered } from '../../server/domain/known-good.ts';

const was = (version: string, succeededAt: number, change: Partial<Remembered> = {}) =>
  ({ version, sequence: null, succeeded: true, healthy: true, recalled: false, succeededAt, ...change }) as Remembered;

test('beside what is installed the newest release that was good stays, never the same one', () => {
  const history = [was('1.0.0', 1), was('1.2.0', 2), was('1.1.0', 3)];
  expect(keptBeside('semver', history, '2.0.0')?.version).toBe('1.2.0');
  expect(keptBeside('semver', history, '1.2.0')?.version).toBe('1.1.0');
  expect(keptBeside('semver', [was('1.0.0', 1)], '1.0.0')).toBeNull();
});

test('what was not good, in either way, is no reason to keep a folder', () => {
  const history = [was('1.1.0', 1, { healthy: false }), was('1.2.0', 2, { succeeded: false }), was('1.0.0', 3)];
  expect(keptBeside('semver', history, '2.0.0')?.version).toBe('1.0.0');
});

test('on the host are the last that succeeded and what was kept beside it', () => {
  expect(keptOnHost('semver', [])).toEqual([]);
  expect(keptOnHost('semver', [was('1.0.0', 1)])).toEqual(['1.0.0']);
  expect(keptOnHost('semver', [was('2.0.0', 9), was('1.0.0', 5), was('3.0.0', 1)])).toEqual(['2.0.0', '3.0.0']);
  expect(keptOnHost('semver', [was('1.0.0', 5), was('2.0.0', 9)])).toEqual(['2.0.0', '1.0.0']);
});

test.each([
  ['succeeded', null, 'good'],
  ['skipped', null, 'good'],
  ['failed', 'post-install', 'unhealthy'],
  ['failed', 'activate', 'unhealthy'],
  ['failed', 'health', 'unhealthy'],
  ['failed', 'fetch', null],
  ['failed', null, null],
  ['unreachable', 'post-install', null],
  ['cancelled', 'health', null],
] as const)('a task that ended %s at %s tells of its release: %s', (status, step, note) => {
  expect(historyNote(status, step)).toBe(note);
});
