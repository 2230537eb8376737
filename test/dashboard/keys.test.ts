import { describe, expect, test } from 'vitest';
import { keyCommand, nextPlace, pageKeys } from '../../dashboard/console/shell/keys.ts';

describe('keys of the console', () => {
  test('g and the letter of a page lead there; every page has one letter and one only', () => {
    expect(keyCommand('g', false)).toEqual({ code: 'await' });
    expect(keyCommand('a', true)).toEqual({ code: 'go', path: '/activity' });
    const paths = Object.values(pageKeys).map(([, path]) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('a letter without g, a key that nobody gave a meaning, and g with a wrong letter do nothing', () => {
    expect([keyCommand('a', false), keyCommand('z', false), keyCommand('z', true)]).toEqual([null, null, null]);
    expect(keyCommand('constructor', false)).toBeNull();
  });

  test('the first j goes to the first row, the first k to the last, and neither leaves the list', () => {
    expect([nextPlace(-1, 1, 3), nextPlace(-1, -1, 3)]).toEqual([0, 2]);
    expect([nextPlace(1, 1, 3), nextPlace(2, 1, 3), nextPlace(0, -1, 3)]).toEqual([2, 2, 0]);
  });
});
