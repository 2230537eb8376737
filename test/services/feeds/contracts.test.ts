import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { feedIndexJsonSchema, parseFeedIndex } from '../../../server/contracts/feed.ts';
import { hookSpecs, parseReleaseManifest, releaseManifestJsonSchema } from '../../../server/contracts/package.ts';
import { problemLines, type Parsed } from '../../../server/contracts/parse-problem.ts';

const SHA = 'ab'.repeat(32);
const release = { version: '1.0.0', artifact: 'a.tar.gz', size: 1, sha256: SHA };

const MANIFESTS: [string, unknown, boolean][] = [
  ['the least', { product: 'gateway', version: '1' }, true],
  ['everything', everything(), true],
  ['a version that is not SemVer', { product: 'gateway', version: '2026-05_rc.1+b' }, true],
  ['no product', { version: '1' }, false],
  ['a product that could be a path', { product: '../x', version: '1' }, false],
  ['a version that could be a path', { product: 'a', version: '1/2' }, false],
  ['a version that starts with a dot', { product: 'a', version: '..' }, false],
  ['a misspelt field', { product: 'a', version: '1', requried: true }, false],
  ['an unknown hook', { product: 'a', version: '1', hooks: { 'pre-instal': {} } }, false],
  ['a timeout of zero', { product: 'a', version: '1', hooks: { health: { timeoutSeconds: 0 } } }, false],
  ['half a second', { product: 'a', version: '1', hooks: { health: { timeoutSeconds: 0.5 } } }, false],
  ['a label that is a number', { product: 'a', version: '1', labels: { a: 1 } }, false],
  ['a label of two lines', { product: 'a', version: '1', labels: { a: 'x\ny' } }, false],
  ['notes beyond the limit', { product: 'a', version: '1', notes: 'x'.repeat(65_537) }, false],
  ['a NUL in the notes', { product: 'a', version: '1', notes: 'a\u0000b' }, false],
  ['a health command of two lines', { product: 'a', version: '1', healthCommand: 'a\nb' }, false],
  ['a list', [], false],
  ['nothing', null, false],
];

const INDEXES: [string, unknown, boolean][] = [
  ['no releases', { schema: 1, product: 'a', releases: [] }, true],
  ['one release', { schema: 1, product: 'a', releases: [release] }, true],
  ['fields we do not know', { schema: 1, product: 'a', more: 1, releases: [{ ...release, more: 1 }] }, true],
  ['another schema', { schema: 2, product: 'a', releases: [] }, false],
  ['a short digest', { schema: 1, product: 'a', releases: [{ ...release, sha256: 'ab' }] }, false],
  ['an empty artifact', { schema: 1, product: 'a', releases: [{ ...release, size: 0 }] }, false],
  ['a size that is a text', { schema: 1, product: 'a', releases: [{ ...release, size: '1' }] }, false],
  ['a space in an address', { schema: 1, product: 'a', releases: [{ ...release, artifact: 'a b' }] }, false],
  ['no releases at all', { schema: 1, product: 'a' }, false],
];

describe('release.json', () => {
  test.each(MANIFESTS)('%s: parser and published JSON Schema agree', (_what, input, valid) => {
    expect(parseReleaseManifest(input).ok).toBe(valid);
    expect(schemaAccepts(releaseManifestJsonSchema(), input)).toBe(valid);
  });

  test('fills in every default', () => {
    const parsed = parseReleaseManifest({ product: 'a', version: '1', hooks: { health: {}, 'pre-install': {} } });
    expect(parsed).toEqual({
      ok: true,
      value: {
        product: 'a',
        version: '1',
        notes: '',
        labels: {},
        required: false,
        hooks: { health: { timeoutSeconds: 60 }, 'pre-install': { timeoutSeconds: 300 } },
      },
    });
    expect(parsed.ok && hookSpecs(parsed.value.hooks)).toEqual({
      health: { timeoutMs: 60_000 },
      'pre-install': { timeoutMs: 300_000 },
    });
  });

  test('lists every problem at once, each with its path and the next step', () => {
    const lines = linesOf(
      parseReleaseManifest({ version: '', labels: { a: 1 }, hooks: { health: { timeoutSeconds: 0, x: 1 } }, nots: '' }),
    );
    expect(lines).toEqual([
      'product: is missing. Write a product name: 1 to 63 lower-case letters, digits, dots, dashes or underscores.',
      'version: is not a version label. Write a version such as "4.2.1": 1 to 100 letters, digits, dots, plus, dashes or underscores.',
      'labels.a: Invalid input: expected string, received number. Write a label value: one line of text, at most 256 characters.',
      'hooks.health.timeoutSeconds: Too small: expected number to be >=1. Write whole seconds from 1 to 86400; 60 when left out.',
      'hooks.health.x: no such field. Remove it or correct its name; known here: timeoutSeconds.',
      expect.stringMatching(/^nots: no such field\. Remove it or correct its name; known here: .*notes/),
    ]);
  });

  test('refuses text that PostgreSQL could not store', () => {
    const lines = linesOf(parseReleaseManifest({ product: 'a', version: '1', notes: 'half: \ud83d' }));
    expect(lines).toEqual([expect.stringContaining('notes: contains half of a surrogate pair')]);
  });
});

describe('the feed index', () => {
  test.each(INDEXES)('%s: parser and published JSON Schema agree', (_what, input, valid) => {
    expect(parseFeedIndex(input).ok).toBe(valid);
    expect(schemaAccepts(feedIndexJsonSchema(), input)).toBe(valid);
  });

  test('names the second of two releases with one version', () => {
    const lines = linesOf(parseFeedIndex({ schema: 1, product: 'a', releases: [release, release] }));
    expect(lines).toEqual([expect.stringContaining('releases[1].version: repeats version 1.0.0')]);
  });

  test('reads a digest in upper case as the same digest', () => {
    const parsed = parseFeedIndex({ schema: 1, product: 'a', releases: [{ ...release, sha256: SHA.toUpperCase() }] });
    expect(parsed.ok && parsed.value.releases[0]?.sha256).toBe(SHA);
  });
});

function everything(): unknown {
  return {
    $schema: 'https://signalbox.example/schemas/release.json',
    product: 'gateway',
    version: '4.2.1',
    notes: '# 4.2.1\n\n* faster 🚂',
    labels: { 'ring/early': 'yes' },
    required: true,
    minimumVersion: '4.0.0',
    hooks: { 'pre-install': { timeoutSeconds: 5 }, 'post-install': {}, health: {} },
    healthCommand: './bin/check --fast',
  };
}

function schemaAccepts(schema: Record<string, unknown>, input: unknown): boolean {
  return new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(schema)(input);
}

function linesOf(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? [] : problemLines(parsed.problems);
}
