import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSemver } from '../../../server/domain/semver.ts';
import { comparePositions, compareVersions, newestFirst } from '../../../server/domain/versions.ts';

const number = fc.oneof(fc.nat(12).map(String), fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(String));
const identifier = fc.oneof(number, fc.stringMatching(/^[0-9]*[a-zA-Z-][0-9a-zA-Z-]{0,3}$/));
const semver = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }), fc.array(identifier, { maxLength: 2 }))
  .map(([major, minor, patch, pre, build]) => {
    const prerelease = pre.length > 0 ? `-${pre.join('.')}` : '';
    return `${major}.${minor}.${patch}${prerelease}${build.length > 0 ? `+${build.join('.')}` : ''}`;
  });

test('whatever the grammar makes is a version', () => {
  fc.assert(
    fc.property(semver, (label) => {
      expect(parseSemver(label)).not.toBeNull();
    }),
  );
});

test('precedence is an order: of itself 0, both ways opposite, through a third one', () => {
  fc.assert(
    fc.property(semver, semver, semver, (a, b, c) => {
      expect(compareVersions(a, a)).toBe(0);
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 300 },
  );
});

test("a release proper comes after each of its pre-releases, and before the next patch's", () => {
  fc.assert(
    fc.property(fc.nat(), identifier, (patch, pre) => {
      expect(compareVersions(`1.0.${patch}-${pre}`, `1.0.${patch}`)).toBeLessThan(0);
      expect(compareVersions(`1.0.${patch}`, `1.0.${patch + 1}-${pre}`)).toBeLessThan(0);
    }),
  );
});

test('newest first does not depend on the order given, and loses nothing', () => {
  const releases = fc
    .uniqueArray(semver, { maxLength: 8 })
    .map((labels) => labels.map((version, i) => ({ version, sequence: i })));
  fc.assert(
    fc.property(releases, fc.constantFrom('semver' as const, 'sequence' as const), (given, versioning) => {
      const sorted = newestFirst(versioning, given);
      expect(newestFirst(versioning, given.toReversed())).toEqual(sorted);
      expect(new Set(sorted)).toEqual(new Set(given));
      for (const [index, release] of sorted.slice(1).entries()) {
        expect(comparePositions(versioning, sorted[index]!, release)).toBeGreaterThan(0);
      }
    }),
  );
});
