import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogMask, type MaskedChunk } from '../../../server/worker/mask.ts';
import { knownPatterns } from '../../../server/worker/secret-patterns.ts';

const mark = '********';

/** What is stored of a log that arrives in these pieces. */
function stored(pieces: readonly (string | Uint8Array)[], secrets: readonly string[] = [], offset = 0): MaskedChunk[] {
  const mask = new LogMask(offset, secrets);
  const chunks = pieces.map((piece) => mask.push(typeof piece === 'string' ? Buffer.from(piece) : piece));
  return [...chunks, mask.flush()].filter((chunk) => chunk !== null);
}

const bytesOf = (chunks: readonly MaskedChunk[]) => Buffer.concat(chunks.map(({ content }) => content));
const textOf = (pieces: readonly string[], secrets: readonly string[] = []) =>
  bytesOf(stored(pieces, secrets)).toString();

function inPieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });

describe('a declared secret', () => {
  test('never reaches the stored log, wherever the pieces are cut', () => {
    const secrets = ['hunter2!', 'pässwörd', 'a b c d'];
    const line = fc.constantFrom(...secrets, ' ', 'x', '\n', '\r', 'hunter', '2!', 'ü', '"');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), sizes, (words, cuts) => {
        const text = bytesOf(stored(inPieces(Buffer.from(words.join('')), cuts), secrets)).toString();
        for (const secret of secrets) expect(text).not.toContain(secret);
      }),
    );
  });

  test('is masked across two pieces, and the line around it stays', () => {
    expect(textOf(['key is hun', 'ter2! ok\n'], ['hunter2!'])).toBe(`key is ${mark} ok\n`);
  });

  test('that contains another, or overlaps one, leaves nothing of either', () => {
    expect(textOf(['abcdefgh\n'], ['abcd', 'abcdefgh'])).toBe(`${mark}\n`);
    expect(textOf(['abcdXYefgh\n'], ['abcdXY', 'XYefgh'])).toBe(`${mark}\n`);
  });

  test('of several lines is masked line by line', () => {
    const key = '-----BEGIN KEY-----\nMIIabc\nMIIdef\n-----END KEY-----';
    expect(textOf([`${key}\n`], [key])).toBe(`${mark}\n${mark}\n${mark}\n${mark}\n`);
  });

  test('that is cut off at the end of what may be stored does not show its beginning', () => {
    expect(textOf(['key hunter2'], ['hunter2!'])).toBe(`key ${mark}`);
  });

  test('in a line that was given out before its end is masked on both sides', () => {
    const mask = new LogMask(0, ['hunter2!']);
    mask.push(Buffer.from('key hunt'));
    const before = mask.flush();
    const after = mask.push(Buffer.from('er2! ok\n'));
    expect([before, after].map((chunk) => Buffer.from(chunk?.content ?? []).toString())).toEqual([
      `key ${mark}`,
      `${mark} ok\n`,
    ]);
    expect([before?.to, after?.from, after?.to]).toEqual([8, 8, 16]);
  });

  test('in a line without an end is masked wherever that line is cut', () => {
    for (const at of [60_000, 61_440 - 4, 61_440, 65_000, 65_536 - 3, 69_000, 130_000 - 4]) {
      const text = `${'.'.repeat(at)}hunter2!${'.'.repeat(80_000)}`;
      const chunks = stored(inPieces(Buffer.from(text), [7_001]), ['hunter2!']);
      expect(chunks.length).toBeGreaterThan(1);
      expect(bytesOf(chunks).toString()).toBe(text.replace('hunter2!', mark));
    }
  });
});

describe('what looks like a secret is masked', () => {
  test.each([
    ['an AWS key', 'id AKIAIOSFODNN7EXAMPLE.', `id ${mark}.`],
    ['a GitHub token', `x ghp_${'a'.repeat(36)} y`, `x ${mark} y`],
    ['an AWS key for a while', 'id ASIAIOSFODNN7EXAMPLE.', `id ${mark}.`],
    ['a GitHub token of the new form', `x github_pat_${'a1'.repeat(15)} y`, `x ${mark} y`],
    ['a GitLab token', `x glpat-${'a1'.repeat(10)} y`, `x ${mark} y`],
    ['a Slack app token', 'xapp-1-A0B1C2-1234567890-abcdef', mark],
    ['a name and password in a header', 'Authorization: Basic dXNlcjpwYXNz', `Authorization: Basic ${mark}`],
    ['a Slack token', 'xoxb-1234567890-abcdef', mark],
    ['a token of ours', `sb_${'A-'.repeat(20)}`, mark],
    ['a JSON web token', 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_1', `jwt ${mark}`],
    ['an assignment', 'password=hunter22', `password=${mark}`],
    ['an environment variable', 'export DB_PASSWORD="hunter22"', `export DB_PASSWORD="${mark}"`],
    ['AWS in the environment', 'AWS_SECRET_ACCESS_KEY=abc/def+1', `AWS_SECRET_ACCESS_KEY=${mark}`],
    ['a field of JSON', '{"clientSecret": "a b c", "x": 1}', `{"clientSecret": "${mark}", "x": 1}`],
    ['a field of YAML', 'api-key : abcd1234', `api-key : ${mark}`],
    ['a quote that is never closed', 'token="abcd1234', `token="${mark}`],
    ['an option', 'mysql --password hunter22 -h db', `mysql --password ${mark} -h db`],
    ['a header', `Authorization: Bearer ${'a1'.repeat(10)}`, `Authorization: Bearer ${mark}`],
    ['a URL', 'postgres://app:hunter22@db/x', `postgres://app:${mark}@db/x`],
    ['a URL without a user', 'redis://:hunter22@db', `redis://:${mark}@db`],
    ['a secret with an accent', 'password=voil\u00e0123', `password=${mark}`],
  ])('%s', (_what, line, expected) => {
    expect(textOf([`${line}\n`])).toBe(`${expected}\n`);
  });

  test('across pieces as in one', () => {
    expect(textOf(['pass', 'word', '=hun', 'ter22\n'])).toBe(`password=${mark}\n`);
  });

  test.each([
    'the password is wrong',
    'token: yes',
    'https://example.com:8080/x@y',
    'Basic authentication failed',
    'Authorization: Basic',
  ])('and "%s" is none', (line) => expect(textOf([`${line}\n`])).toBe(`${line}\n`));

  test('in a moment, whatever a hook writes', () => {
    const hostile = [
      ' ',
      'eyJ-',
      '://a:',
      'password="',
      "token = '",
      '\t=',
      'bearer ',
      'sb_',
      'eyJaaaaaaaaaa.',
      'Basic ',
      '-----BEGIN PRIVATE KEY-----',
      'BEGIN PRIVATE KEY-----\n',
    ];
    for (const word of hostile) {
      const bytes = Buffer.from(word.repeat(Math.ceil(262_144 / word.length)));
      const start = performance.now();
      stored([bytes]);
      // What backtracks takes minutes.
      expect(performance.now() - start, JSON.stringify(word)).toBeLessThan(2_000);
    }
  });
});

describe('a private key', () => {
  const lines = Array.from({ length: 12 }, (_, n) => `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${n}`.padEnd(64, 'Zk+/'));
  const pem = (kind: string) =>
    ['loading', `-----BEGIN ${kind}-----`, ...lines, 'c2hvcnQ=', `-----END ${kind}-----`, 'loaded', ''].join('\n');
  const leaked = (text: string) => [...lines, 'c2hvcnQ='].filter((line) => text.includes(line.slice(0, 8)));

  test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])(
    'in PEM (%s) is masked line by line, and what stands around it stays',
    (kind) => {
      const shown = [...lines, ''].map(() => mark).join('\n');
      const around = `loading\n-----BEGIN ${kind}-----\n${shown}\n-----END ${kind}-----\nloaded\n`;
      expect(textOf([pem(kind)])).toBe(around);
      expect(textOf([pem(kind).replaceAll('\n', '\r\n')]).replaceAll('\r\n', '\n')).toBe(around);
    },
  );

  test('is masked however it is cut into pieces, and in a line of its own written out', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom('\n', '\r\n', '\r'), (cuts, end) => {
        const text = pem('PRIVATE KEY').replaceAll('\n', end);
        const whole = textOf([text]);
        expect(leaked(whole)).toEqual([]);
        expect(bytesOf(stored(inPieces(Buffer.from(text), cuts))).toString()).toBe(whole);
      }),
    );
    expect(leaked(textOf([`{"key": "${pem('PRIVATE KEY').replaceAll('\n', String.raw`\n`)}"}\n`]))).toEqual([]);
    expect(leaked(textOf([`SSL='${pem('PRIVATE KEY')}'\n`]))).toEqual([]);
  });

  test('with headers, or without an end, is masked too; what follows is shown again', () => {
    const legacy = pem('RSA PRIVATE KEY').replace(
      'KEY-----\n',
      'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n',
    );
    expect(leaked(textOf([legacy]))).toEqual([]);
    const cut = pem('PRIVATE KEY').split('-----END')[0]!;
    expect(textOf([`${cut}step 2: ok\nplain\n`])).toMatch(/\nstep 2: ok\nplain\n$/);
  });

  test('that is public is none', () => {
    const certificate = pem('CERTIFICATE');
    expect(textOf([certificate])).toBe(certificate);
  });
});

describe('everything else', () => {
  test('passes unchanged, byte for byte, and the offsets tile the log exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), sizes, fc.nat(1_000_000), (bytes, cuts, offset) => {
        const chunks = stored(inPieces(bytes, cuts), [], offset);
        expect(bytesOf(chunks)).toEqual(Buffer.from(bytes));
        let next = offset;
        for (const { from, to } of chunks) {
          expect(from).toBe(next);
          expect(to).toBeGreaterThan(from);
          next = to;
        }
        expect(next).toBe(offset + bytes.length);
      }),
    );
  });

  test('comes out alike however it is cut into pieces', () => {
    const word = fc.constantFrom(
      'password=',
      'hunter22',
      ' ',
      '\n',
      '\r\n',
      'x',
      '"',
      'token: ',
      '\u00e4',
      'AKIAIOSFODNN7EXAMPLE',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), sizes, (words, cuts) => {
        const bytes = Buffer.from(words.join(''));
        const chunks = stored(inPieces(bytes, cuts));
        expect(bytesOf(chunks).toString()).toBe(bytesOf(stored([bytes])).toString());
        expect(chunks.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(bytes.length);
      }),
    );
  });

  test('of binary output stays as it is beside a secret', () => {
    const noise = Buffer.from([0, 255, 128, 0xc3, 0x28, 10, 0, 13, 10]);
    const bytes = Buffer.concat([noise, Buffer.from('hunter2!'), noise]);
    expect(bytesOf(stored([bytes], ['hunter2!']))).toEqual(Buffer.concat([noise, Buffer.from(mark), noise]));
  });

  test('of a line without an end is stored before its end, so that memory does not grow', () => {
    const mask = new LogMask(0, []);
    let waiting = 0;
    for (let i = 0; i < 40; i += 1) {
      waiting += 10_000;
      const chunk = mask.push(Buffer.alloc(10_000, '.'));
      waiting -= chunk?.content.length ?? 0;
      expect(waiting).toBeLessThanOrEqual(64 * 1024);
    }
  });
});

test('no pattern is passed over where it matches, whatever stands around it', () => {
  const part = fc.constantFrom(
    ...['password', 'PassWd', 'passphrase', 'secret', 'TOKEN', 'api_key', 'accesskey', '--token', 'bearer', 'Bearer'],
    ...[
      ':',
      '=',
      '=>',
      ':=',
      ' ',
      '\t',
      '   ',
      '        ',
      '"',
      "'",
      '://',
      '@',
      '\n',
      '-',
      '.',
      'a',
      'migration',
      '12:30',
    ],
    ...['hunter22', 'AKIAABCDEFGHIJKLMNOP', 'ghp_', 'xoxb-', 'sb_', 'eyJ', 'abcdefghijklmnopqrstuvwxyz'],
    ...['ASIAABCDEFGHIJKLMNOP', 'github_pat_', 'glpat-', 'xapp-', 'authorization', 'Authorization', 'Basic', 'basic'],
    ...['-----BEGIN ', 'PRIVATE KEY-----', String.raw`\n`],
  );
  let matches = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      for (const { pattern, mayBeIn } of knownPatterns) {
        if (!new RegExp(pattern.source, pattern.flags.replace('g', '')).test(text)) continue;
        matches += 1;
        expect(mayBeIn(text)).toBe(true);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(matches).toBeGreaterThan(100);
});
