import { expect, test } from 'vitest';
import { wavePlan, waveOrder, waveTargets, type HostRole } from '../../server/domain/waves.ts';

const host = (name: string, role: HostRole = 'target') => ({ name, role });

test.each([
  [[{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }], 10, [1, 3, 10]],
  [[{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }], 1, [1, 1, 1]],
  [[{ count: 5 }, { count: 2 }], 8, [5, 5, 8]],
  [[{ count: 2 }], 8, [2, 8]],
  [[{ count: 9 }], 8, [8]],
  [[], 3, [3]],
  [[], 0, []],
])('the targets of %j for %d hosts are %j', (spec, total, targets) => {
  expect(waveTargets(spec, total)).toEqual(targets);
});

test('management hosts come first, each group in the order given', () => {
  const hosts = [host('a'), host('m1', 'management'), host('b'), host('m2', 'management')];
  expect(waveOrder(hosts).map(({ name }) => name)).toEqual(['m1', 'm2', 'a', 'b']);
});

test('the plan says which host goes in which wave, and which wave is manual', () => {
  const hosts = ['a', 'b', 'c', 'd'].map((name) => host(name));
  const plan = wavePlan([...hosts, host('m', 'management')], [{ count: 1 }, { count: 3, manual: true }]);
  expect(plan.map(({ members, ...wave }) => ({ ...wave, members: members.map(({ name }) => name) }))).toEqual([
    { number: 1, manual: false, members: ['m'] },
    { number: 2, manual: true, members: ['a', 'b'] },
    { number: 3, manual: false, members: ['c', 'd'] },
  ]);
});

test('a wave without hosts is left out and keeps its number', () => {
  const plan = wavePlan([host('a'), host('b')], [{ count: 1 }, { count: 1, manual: true }, { count: 2 }]);
  expect(plan.map(({ number }) => number)).toEqual([1, 3]);
});
