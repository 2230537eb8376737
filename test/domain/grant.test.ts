import { describe, expect, test } from 'vitest';
import { distinctGrants, grantText, makeFleetAdmin, parseGrant } from '../../server/domain/grant.ts';
import type { Grant } from '../../server/domain/permission.ts';

describe('a grant as text', () => {
  test.each([
    ['operator', { role: 'operator' }],
    ['operator:orders', { role: 'operator', product: 'orders' }],
    ['viewer@plant', { role: 'viewer', environment: 'plant' }],
    ['approver:orders@plant', { role: 'approver', product: 'orders', environment: 'plant' }],
  ] as const satisfies [string, Grant][])('%s is written and read back', (text, grant) => {
    expect(grantText(grant)).toBe(text);
    expect(parseGrant(text)).toStrictEqual(grant);
  });

  test.each(['', 'boss', 'operator:', 'operator@', ':orders', 'operator:a:b', 'Operator'])('%j is none', (text) => {
    expect(parseGrant(text)).toBeUndefined();
  });
});

test('doubles go, and what is left has only the fields that it has', () => {
  const twice: Grant[] = [
    { role: 'operator', product: undefined, environment: undefined },
    { role: 'operator' },
    { role: 'operator', product: 'orders', environment: 'plant' },
  ];
  expect(distinctGrants(twice)).toStrictEqual([
    { role: 'operator' },
    { role: 'operator', product: 'orders', environment: 'plant' },
  ]);
});

test.each([
  [[{ role: 'viewer' }, { role: 'admin' }], true],
  [[{ role: 'operator' }], false],
  [[{ role: 'admin', product: 'orders' }], false],
  [[{ role: 'admin', environment: 'plant' }], false],
  [[], false],
] as const satisfies [Grant[], boolean][])('%j make an admin of all of the fleet: %s', (grants, admin) => {
  expect(makeFleetAdmin([...grants])).toBe(admin);
});
