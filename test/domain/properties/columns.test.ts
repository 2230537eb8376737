import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packShelf, unpackShelf, type PackedShelf } from '../../../server/contracts/columns.ts';

/** As it arrives: what JSON cannot say is gone. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function arrived(shelf: Record<number, object>): Record<number, object> {
  return unpackShelf(sent<PackedShelf>(packShelf(shelf)));
}

const names = fc.constantFrom('id', 'name', 'labels', 'constructor', '__proto__', 'toString', 'at');
const text = fc.oneof(fc.constantFrom('plant-1-node-1', 'plant-1-node-10', 'live', ''), fc.string({ unit: 'binary' }));
const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, number, text, fc.boolean(), fc.constant(null), tie('list'), tie('fields')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));
const view = fc.dictionary(names, value, { maxKeys: 7, noNullPrototype: true });
const shelf = fc.dictionary(fc.nat().map(String), view, { maxKeys: 40 });

describe('a shelf as columns', () => {
  test('comes back as it was, whatever its views hold', () => {
    fc.assert(
      fc.property(shelf, (given) => {
        const views = sent(given) as Record<number, object>;
        expect(JSON.stringify(ordered(arrived(views)))).toBe(JSON.stringify(ordered(views)));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps numbers exact where their differences are not', () => {
    const [most, least] = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const views = { 1: { at: most }, 2: { at: most }, 3: { at: most }, 4: { at: -2 }, 5: { at: least } };
    expect(arrived(views)).toEqual(views);
  });

  test('says once what all of its views say', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, id) => [id, { id, life: 'active', labels: {} }]));
    expect(JSON.stringify(packShelf(many)).match(/active/g)).toHaveLength(1);
    expect(arrived(many)).toEqual(many);
  });
});

/** Keys in one order, all the way down: columns do not keep it. */
function ordered(from: unknown): unknown {
  if (Array.isArray(from)) return from.map(ordered);
  if (typeof from !== 'object' || from === null) return from;
  return Object.entries(from)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inside]) => [name, ordered(inside)]);
}
