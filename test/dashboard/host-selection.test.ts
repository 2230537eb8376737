import { describe, expect, test } from 'vitest';
import { matchesHost, parseHostFilter } from '../../server/domain/host-filter.ts';
import {
  coverage,
  hiddenCount,
  onlyOf,
  toggled,
  withAll,
  withoutAll,
} from '../../dashboard/console/install/selection.ts';

const fleet = Array.from({ length: 10_000 }, (_, id) => ({
  id,
  name: `web-${String(id).padStart(5, '0')}`,
  environment: id % 2 ? 'eu-prod' : 'us-prod',
  labels: { rack: String(id % 40), tier: 'web' } as Record<string, string>,
  version: id % 10 ? '4.2.0' : '4.1.9',
}));
const matching = (text: string) => fleet.filter((host) => matchesHost(parseHostFilter(text), host)).map(({ id }) => id);

describe('the filter above a list of hosts', () => {
  test('an empty filter lets every host through', () => {
    expect(matching('')).toHaveLength(10_000);
    expect(matching('   - ')).toHaveLength(10_000);
  });

  test('words are text in name, environment, label or version, and all must hold', () => {
    expect(matching('web-00042')).toEqual([42]);
    expect(matching('EU-prod 4.1.9')).toHaveLength(0);
    expect(matching('us-prod 4.1.9')).toHaveLength(1_000);
  });

  test('a label is matched whole, so rack=4 is not rack=40', () => {
    expect(matching('rack=4')).toHaveLength(250);
    expect(matching('rack=4 tier=web')).toHaveLength(250);
    expect(matching('rack=4 tier=db')).toHaveLength(0);
  });

  test('a minus turns a word round', () => {
    expect(matching('-rack=4 -us-prod')).toHaveLength(5_000);
    expect(matching('-eu-prod rack=4')).toHaveLength(250);
  });
});

describe('chosen hosts', () => {
  test('Select all takes everything that matches, not a page of it', () => {
    const chosen = withAll(new Set(), matching('eu-prod'));
    expect(chosen.size).toBe(5_000);
    expect(coverage(chosen, matching('eu-prod'))).toBe('all');
    expect(coverage(chosen, matching(''))).toBe('some');
    expect(coverage(chosen, matching('us-prod'))).toBe('none');
  });

  test('Select all adds to what was chosen before under another filter, and taking it back leaves that', () => {
    const before = toggled(new Set(), 0);
    const both = withAll(before, matching('rack=3'));
    expect(both.size).toBe(251);
    expect([...withoutAll(both, matching('rack=3'))]).toEqual([0]);
  });

  test('what the filter hides stays chosen and is counted', () => {
    const chosen = withAll(new Set(), matching('rack=3'));
    expect(hiddenCount(chosen, matching('rack=4'))).toBe(250);
    expect(hiddenCount(chosen, matching('rack=3'))).toBe(0);
  });

  test('a host that left the list is not installed on', () => {
    expect([...onlyOf(new Set([1, 2, 3]), new Set([2, 3, 4]))]).toEqual([2, 3]);
  });

  test('nothing to match is never "all"', () => {
    expect(coverage(new Set([1]), [])).toBe('none');
  });

  test('choosing twice takes it back', () => {
    expect(toggled(toggled(new Set([7]), 8), 8)).toEqual(new Set([7]));
  });
});
