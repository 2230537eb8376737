import { describe, expect, test } from 'vitest';
import { parseSemver } from '../../server/domain/semver.ts';
import {
  comparePositions,
  compareVersions,
  isNewer,
  isOlder,
  isUpTo,
  labelProblem,
  newestFirst,
  oldestFirst,
} from '../../server/domain/versions.ts';

describe('SemVer 2.0.0', () => {
  test.each([
    '0.0.0',
    '0.0.4',
    '1.2.3',
    '10.20.30',
    '1.1.2-prerelease+meta',
    '1.1.2+meta',
    '1.1.2+meta-valid',
    '1.0.0-alpha',
    '1.0.0-beta',
    '1.0.0-alpha.beta',
    '1.0.0-alpha.beta.1',
    '1.0.0-alpha.1',
    '1.0.0-alpha0.valid',
    '1.0.0-alpha.0valid',
    '1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay',
    '1.0.0-rc.1+build.1',
    '2.0.0-rc.1+build.123',
    '1.2.3-beta',
    '10.2.3-DEV-SNAPSHOT',
    '1.2.3-SNAPSHOT-123',
    '2.0.0+build.1848',
    '2.0.1-alpha.1227',
    '1.0.0-alpha+beta',
    '1.2.3----RC-SNAPSHOT.12.9.1--.12+788',
    '1.2.3----R-S.12.9.1--.12+meta',
    '1.2.3----RC-SNAPSHOT.12.9.1--.12',
    '1.0.0+0.build.1-rc.10000aaa-kk-0.1',
    '99999999999999999999999.999999999999999999.99999999999999999',
    '1.0.0-0A.is.legal',
  ])('%s is a version', (label) => {
    expect(parseSemver(label)).not.toBeNull();
    expect(labelProblem('semver', label)).toBeNull();
  });

  test.each([
    '',
    '1',
    '1.2',
    '1.2.3-0123',
    '1.2.3-0123.0123',
    '1.1.2+.123',
    '+invalid',
    '-invalid',
    '-invalid+invalid',
    '-invalid.01',
    'alpha',
    'alpha.beta',
    'alpha.beta.1',
    'alpha.1',
    'alpha+beta',
    'alpha_beta',
    'alpha.',
    'alpha..',
    'beta',
    '1.0.0-alpha_beta',
    '-alpha.',
    '1.0.0-alpha..',
    '1.0.0-alpha..1',
    '1.0.0-alpha...1',
    '01.1.1',
    '1.01.1',
    '1.1.01',
    '1.2.3.DEV',
    '1.2-SNAPSHOT',
    '1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788',
    '1.2-RC-SNAPSHOT',
    '-1.0.3-gamma+b7718',
    '+justmeta',
    '9.8.7+meta+meta',
    '9.8.7-whatever+meta+meta',
    'v1.2.3',
    '1.2.3 ',
    ' 1.2.3',
    '1.2.3\n',
    '1.2.3-',
    '1.2.3+',
    '1.2.3-é',
    '1.2.3-٣',
  ])('%j is none', (label) => {
    expect(parseSemver(label)).toBeNull();
    expect(labelProblem('semver', label)).not.toBeNull();
  });

  /** From the specification, section 11, with the boundaries of each sentence. Each is older than the next. */
  const rising = [
    '0.0.0',
    '0.0.1',
    '0.0.9',
    '0.0.10',
    '0.1.0',
    '0.9.9',
    '0.10.0',
    '1.0.0-0',
    '1.0.0-1',
    '1.0.0-2',
    '1.0.0-10',
    '1.0.0--',
    '1.0.0-A',
    '1.0.0-Z',
    '1.0.0-a',
    '1.0.0-alpha',
    '1.0.0-alpha.0',
    '1.0.0-alpha.1',
    '1.0.0-alpha.1.0',
    '1.0.0-alpha.9',
    '1.0.0-alpha.9007199254740992',
    '1.0.0-alpha.9007199254740993',
    '1.0.0-alpha.beta',
    '1.0.0-alpha.beta.1',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '2.0.0',
    '2.1.0',
    '2.1.1',
    '9.0.0',
    '10.0.0',
    '9007199254740992.0.0',
    '9007199254740993.0.0',
  ];

  test.each(rising.map((version, index) => [version, rising.slice(index + 1)] as const))(
    '%s is older than every later one',
    (version, later) => {
      for (const other of later) {
        expect(compareVersions(version, other), `${version} < ${other}`).toBeLessThan(0);
        expect(compareVersions(other, version), `${other} > ${version}`).toBeGreaterThan(0);
      }
      expect(compareVersions(version, version)).toBe(0);
    },
  );

  test('build metadata has no say', () => {
    expect(compareVersions('1.0.0+b', '1.0.0+a')).toBe(0);
    expect(compareVersions('1.0.0-rc.1+z', '1.0.0-rc.1')).toBe(0);
  });

  test('ordering what is not SemVer is a fault, named', () => {
    expect(() => compareVersions('1.0', '1.0.0')).toThrow('cannot order "1.0": it is not SemVer');
    expect(() => compareVersions('1.0.0', 'blue')).toThrow('cannot order "blue": it is not SemVer');
  });
});

describe('labels', () => {
  test('a label that is not SemVer is refused with what to write', () => {
    const problem = labelProblem('semver', 'v1.4.0');
    expect(problem).toMatchObject({ code: 'not_semver' });
    expect(problem?.sentence).toContain('Write "1.4.0"');
    expect(labelProblem('semver', 'x1.4.0')?.sentence).not.toContain('Write "');
    expect(labelProblem('semver', 'vNext')?.sentence).not.toContain('Write "');
    expect(labelProblem('semver', '1.4')).toMatchObject({ code: 'not_semver' });
  });

  test('a product ordered by sequence takes any label that can name a folder', () => {
    for (const label of ['1', '2026-11-17', 'blue', 'R2_D2+x', '1.4'])
      expect(labelProblem('sequence', label)).toBeNull();
  });

  test.each(['', '.', '..', '../etc', 'a/b', 'a b', 'a\nb', '-rf', '_a', 'é', 'a\u0000'])(
    'no product takes %j',
    (label) => {
      expect(labelProblem('sequence', label)).toMatchObject({ code: 'label_unusable' });
    },
  );

  test('a label has at most 200 characters', () => {
    expect(labelProblem('sequence', 'a'.repeat(200))).toBeNull();
    expect(labelProblem('sequence', 'a'.repeat(201))).toMatchObject({ code: 'label_unusable' });
    expect(labelProblem('semver', `1.0.0-${'a'.repeat(194)}`)).toBeNull();
    expect(labelProblem('semver', `1.0.0-${'a'.repeat(195)}`)).toMatchObject({ code: 'label_unusable' });
  });
});

describe('order of releases', () => {
  const at = (version: string, sequence: number | null) => ({ version, sequence });

  test('semver: precedence first, whatever the sequence', () => {
    expect(comparePositions('semver', at('1.0.0', 9), at('1.1.0', 1))).toBeLessThan(0);
    expect(comparePositions('semver', at('1.10.0', 1), at('1.9.0', 9))).toBeGreaterThan(0);
  });

  test('semver: ties by channel sequence', () => {
    expect(comparePositions('semver', at('1.0.0+z', 1), at('1.0.0+a', 2))).toBeLessThan(0);
    expect(comparePositions('semver', at('1.0.0+a', 2), at('1.0.0+z', 1))).toBeGreaterThan(0);
    expect(comparePositions('semver', at('1.0.0+a', 2), at('1.0.0+a', 3))).toBe(0);
  });

  test('sequence: the label has no say', () => {
    expect(comparePositions('sequence', at('2.0.0', 1), at('1.0.0', 2))).toBeLessThan(0);
    expect(comparePositions('sequence', at('1.0.0', 2), at('2.0.0', 1))).toBeGreaterThan(0);
  });

  test('what has no place on the channel is neither newer nor older', () => {
    expect(isNewer('sequence', at('b', null), at('a', 1))).toBe(false);
    expect(isOlder('sequence', at('b', null), at('a', 1))).toBe(false);
    expect(isNewer('semver', at('1.0.0+b', null), at('1.0.0+a', 1))).toBe(false);
    expect(isNewer('semver', at('1.1.0', null), at('1.0.0', null))).toBe(true);
  });

  test('a host that reports what is not SemVer runs nothing newer and nothing older', () => {
    expect(isNewer('semver', at('1.0.0', 1), at('nightly', null))).toBe(false);
    expect(isOlder('semver', at('1.0.0', 1), at('nightly', null))).toBe(false);
  });

  test('everything is newer when nothing is deployed, nothing is newer than itself', () => {
    expect(isNewer('semver', at('0.0.0-0', 1), null)).toBe(true);
    expect(isNewer('semver', at('1.0.0', 1), at('1.0.0', 1))).toBe(false);
    expect(isOlder('semver', at('1.0.0', 1), at('1.0.0', 1))).toBe(false);
  });

  test('up to a release: itself and what is older', () => {
    expect(isUpTo('semver', at('1.0.0', 1), at('1.0.0', null))).toBe(true);
    expect(isUpTo('semver', at('0.9.0', 1), at('1.0.0', null))).toBe(true);
    expect(isUpTo('semver', at('1.0.1', 1), at('1.0.0', null))).toBe(false);
    expect(isUpTo('semver', at('1.0.0+b', 1), at('1.0.0+a', 2))).toBe(true);
    expect(isUpTo('semver', at('1.0.0+b', 2), at('1.0.0+a', 1))).toBe(false);
  });

  test('sorted both ways, the given list untouched', () => {
    const given = [at('1.1.0', 3), at('1.0.0+a', 1), at('1.0.0+b', 2)];
    const versions = (releases: readonly { version: string }[]) => releases.map(({ version }) => version);
    expect(versions(oldestFirst('semver', given))).toEqual(['1.0.0+a', '1.0.0+b', '1.1.0']);
    expect(versions(newestFirst('semver', given))).toEqual(['1.1.0', '1.0.0+b', '1.0.0+a']);
    expect(versions(given)).toEqual(['1.1.0', '1.0.0+a', '1.0.0+b']);
  });
});
