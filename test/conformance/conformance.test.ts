import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownCopies, readCaseFiles } from './case-file.ts';
import { families } from './families.ts';
import { adapterOf, judge } from './judge.ts';

const files = readCaseFiles([ownCopies]);

test('every family has cases', () => {
  expect([...new Set(files.map(({ family }) => family))].sort()).toEqual(Object.keys(families).sort());
});

for (const file of files) {
  const adapter = adapterOf(file, families);
  describe(relative(ownCopies, file.path), () => {
    test.each(file.cases)('$name', (one) => {
      const verdict = judge(one, adapter);
      if (!verdict.passed) expect(verdict.got).toStrictEqual(one.expect);
      expect(verdict.passed).toBe(true);
    });
  });
}
