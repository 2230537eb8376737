import { describe, expect, test } from 'vitest';
import { ownCopies, readCaseFiles } from './case-file.ts';
import { families } from './families.ts';
import { adapterOf, judge } from './judge.ts';

for (const file of readCaseFiles([ownCopies])) {
  const adapter = families[file.family];
  describe.skipIf(!adapter)(file.path.slice(ownCopies.length + 1), () => {
    test.each(file.cases)('$name', (one) => {
      const verdict = judge(one, adapterOf(file, families));
      expect(verdict.passed ? one.expect : verdict.got).toEqual(one.expect);
      expect(verdict.passed).toBe(true);
    });
  });
}
