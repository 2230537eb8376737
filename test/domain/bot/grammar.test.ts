import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeMrkdwn } from '../../../bot/cards/escape.ts';
import { COMMAND_NAMES, COMMANDS, commandNamed, specOf, type Command } from '../../../bot/grammar/commands.ts';
import { JOB_CHOICES, type Kind } from '../../../bot/grammar/kinds.ts';
import { parseCommand, type GrammarCode } from '../../../bot/grammar/parse.ts';
import { printCommand, usageOf } from '../../../bot/grammar/print.ts';
import { typedText } from '../../../bot/grammar/typed-text.ts';

function read(text: string): Command {
  const parsing = parseCommand(text);
  if (!parsing.ok) throw new Error(`${text}: ${parsing.problem.sentence}`);
  return parsing.command;
}

function problemOf(text: string): { code: GrammarCode; sentence: string } {
  const parsing = parseCommand(text);
  if (parsing.ok) throw new Error(`${text} was read as ${JSON.stringify(parsing.command)}`);
  return parsing.problem;
}

describe('what people type', () => {
  test.each<[string, Command['name'], object]>([
    ['', 'help', {}],
    ['  ', 'help', {}],
    ['LIST', 'list', {}],
    ['list orders --archived', 'list', { product: 'orders', archived: true }],
    ['show 4.2.1', 'show', { release: { product: null, version: '4.2.1' } }],
    ['show v4.2.1', 'show', { release: { product: null, version: 'v4.2.1' } }],
    ['show orders 4.2.1', 'show', { release: { product: 'orders', version: '4.2.1' } }],
    ['show orders@build-7', 'show', { release: { product: 'orders', version: 'build-7' } }],
    ['show build-7', 'show', { release: { product: null, version: 'build-7' } }],
    ['install', 'install', {}],
    ['Install on press-1', 'install', { on: ['press-1'] }],
    [
      'install 4.2.1 on host1, host2 ,host3 and host4',
      'install',
      { release: { product: null, version: '4.2.1' }, on: ['host1', 'host2', 'host3', 'host4'] },
    ],
    ['install orders in plant,lab', 'install', { release: { product: null, version: 'orders' }, in: ['plant', 'lab'] }],
    [
      'install 4.2.1 where rack=a1 and site=berlin',
      'install',
      { release: { product: null, version: '4.2.1' }, where: { rack: 'a1', site: 'berlin' } },
    ],
    [
      'install 4.2.1 --waves 1, 25%, 100% --max-failures=10% in plant',
      'install',
      { release: { product: null, version: '4.2.1' }, waves: '1,25%,100%', 'max-failures': '10%', in: ['plant'] },
    ],
    [
      'install 4.2.1 --reason="scanner fix"',
      'install',
      { release: { product: null, version: '4.2.1' }, reason: 'scanner fix' },
    ],
    [
      'demote 4.2.1 from stable fails on start',
      'demote',
      { release: { product: null, version: '4.2.1' }, channel: 'stable', reason: 'fails on start' },
    ],
    [
      "demote 4.2.1 Ana's scanner doesn't start",
      'demote',
      { release: { product: null, version: '4.2.1' }, reason: "Ana's scanner doesn't start" },
    ],
    ['rollback', 'rollback', {}],
    ['rollback #42 --include-healthy', 'rollback', { job: 42, 'include-healthy': true }],
    ['rollback job 42 on press-1 it fails', 'rollback', { job: 42, on: ['press-1'], reason: 'it fails' }],
    ['rollback it fails', 'rollback', { reason: 'it fails' }],
    ['hold everything "line down" --strict', 'hold', { everything: true, reason: 'line down', strict: true }],
    [
      'hold in plant Q3 close --until 2h',
      'hold',
      { environment: 'plant', reason: 'Q3 close', until: { ms: 7_200_000 } },
    ],
    [
      'hold product orders channel stable audit --until 2026-11-22T18:00z',
      'hold',
      { product: 'orders', channel: 'stable', reason: 'audit', until: { at: Date.parse('2026-11-22T18:00Z') } },
    ],
    ['release-hold 7 "runs again"', 'release-hold', { hold: 7, reason: 'runs again' }],
    ['cancel "42"', 'cancel', { reason: '42' }],
    ['retry 42 --cancelled', 'retry', { job: 42, cancelled: true }],
    ['jobs Failed', 'jobs', { which: 'failed' }],
    ['acknowledge incident 3', 'ack', { incident: 3 }],
    ['? install', 'help', { command: 'install' }],
    ['/release help install', 'help', { command: 'install' }],
  ])('%s', (text, name, given) => {
    expect(read(text)).toEqual({ name, given });
  });

  test.each([
    ['links that Slack makes of host names', 'install on <http://press-1.lab|press-1.lab>', 'install on press-1.lab'],
    ['links without a label', 'cancel 4 see <https://ci.example/7>', 'cancel 4 see https://ci.example/7'],
    ['a channel', 'hold channel <#C024BE91L|stable> audit', 'hold channel stable audit'],
    ['people', 'cancel 4 <@U024|ana> said so', 'cancel 4 @ana said so'],
    ['people without a name', 'cancel 4 <@U024> said so', 'cancel 4 @U024 said so'],
    ['calls to everybody', 'cancel 4 <!channel> look', 'cancel 4 @channel look'],
    ['calls to a group', 'cancel 4 <!subteam^S1|@ops> look', 'cancel 4 @ops look'],
    ['addresses', 'cancel 4 ask <mailto:a@b.c|a@b.c>', 'cancel 4 ask a@b.c'],
    [
      'entities, once',
      'cancel 4 a &lt; b &amp;amp; c',
      'cancel 4 "a < b &amp; c"'.replace('&amp;', '&amp;amp;').replace('<', '&lt;'),
    ],
    ['smart double quotes', 'hold everything “line down”', 'hold everything "line down"'],
    ['smart single quotes', 'hold everything ‘line down’', "hold everything 'line down'"],
    ['an em dash for two', 'hold everything down —strict', 'hold everything down --strict'],
    ['an en dash for two', 'hold everything down –strict', 'hold everything down --strict'],
    ['unicode spaces and line ends', 'show\u00a0orders\u2003\n4.2.1\u3000', 'show orders 4.2.1'],
    [
      'direction marks, zero-width and control characters',
      'sh\u200bow \u202eorders\u202c 4.2.1\u0007',
      'show orders 4.2.1',
    ],
  ])('%s', (_what, sent, plain) => {
    expect(read(sent)).toEqual(read(plain));
  });

  test('an em dash between words belongs to the reason', () => {
    expect(read('cancel 4 wrong version — again')).toEqual({
      name: 'cancel',
      given: { job: 4, reason: 'wrong version — again' },
    });
  });
});

describe('what is refused says why, and what to do', () => {
  test.each<[string, GrammarCode, string]>([
    ['instal 4.2.1', 'unknown_command', 'There is no command instal. Did you mean install?'],
    ['frobnicate', 'unknown_command', 'There is no command frobnicate.'],
    ['release-hold', 'missing', 'Something is missing: number.'],
    ['show "4.2.1"', 'misread', '4.2.1 is no version.'],
    ['show 4.2.1 now', 'unknown_word', 'show does not understand now.'],
    ['install 4.2.1 onn press-1', 'unknown_word', 'install does not understand onn. Did you mean on?'],
    ['install 4.2.1 on', 'missing', 'on needs a value behind it.'],
    ['install 4.2.1 on a on b', 'twice', 'on is given twice. Say it once.'],
    ['install 4.2.1 where rack', 'misread', 'rack behind where is no label: write rack=a1, several with a comma.'],
    [
      'install 4.2.1 --wave 1',
      'unknown_option',
      'install has no option --wave. Did you mean --waves? What belongs to a reason stands in quotes.',
    ],
    [
      'hold everything --stirct down',
      'unknown_option',
      'hold has no option --stirct. Did you mean --strict? What belongs to a reason stands in quotes.',
    ],
    ['hold everything down --strict=yes', 'misread', '--strict takes no value. Write it alone.'],
    [
      'hold everything down --until soon',
      'misread',
      'soon behind --until is no time: write how long (30min, 2h, 3d), or an instant with its zone (2026-11-22T18:00Z).',
    ],
    ['hold everything "line down', 'quote_open', 'A quote is opened and never closed. Close it, or leave it out.'],
    ['hold everything down --reason up', 'twice', 'The reason is given twice. Say it once.'],
    ['release-hold seven', 'misread', 'seven is no number.'],
    ['retry 99999999999', 'misread', '99999999999 is no number.'],
    ['jobs faild', 'misread', 'faild is none of active, failed, succeeded.'],
    ['list orders 4.2.1', 'unknown_word', 'list does not understand 4.2.1.'],
  ])('%s', (text, code, sentence) => {
    expect(problemOf(text)).toEqual({ code, sentence });
  });

  test('lines and reasons that nobody reads', () => {
    expect(problemOf(`cancel 4 ${'x'.repeat(4_000)}`).code).toBe('too_long');
    expect(problemOf(`cancel 4 ${'&lt;'.repeat(30_000)}`).code).toBe('too_long');
    expect(problemOf(`cancel 4 ${'x'.repeat(501)}`).code).toBe('reason_too_long');
    expect(read(`cancel 4 ${'x'.repeat(500)}`).name).toBe('cancel');
  });
});

describe('the specification', () => {
  const every = COMMAND_NAMES.flatMap((name) => specOf(name).examples.map((example) => ({ name, example })));

  test.each(every)('the example `$example` is read as $name', ({ name, example }) => {
    expect(read(example).name).toBe(name);
  });

  test('no word names two commands', () => {
    const words = COMMAND_NAMES.flatMap((name) => [name, ...(specOf(name).also ?? [])]);
    expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
    expect(words.map((word) => commandNamed(word.toUpperCase()))).not.toContain(undefined);
  });

  test('every part stands in the usage', () => {
    for (const name of COMMAND_NAMES) {
      const { phrases = {}, options = {} } = specOf(name);
      const usage = usageOf(name);
      for (const { words } of Object.values(phrases)) expect(usage).toContain(words[0]);
      for (const option of Object.keys(options)) expect(usage).toContain(`--${option}`);
    }
    expect(usageOf('install')).toBe(
      'install [[product] version] [on host,…] [in environment,…] [where label=value,…] [--waves 1,25%,100%] [--max-failures n|n%] [--reason text]',
    );
  });
});

const sent = fc.oneof(
  fc.string({ maxLength: 300, unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...COMMAND_NAMES,
          'on',
          'in',
          'where',
          'from',
          'and',
          'product',
          'everything',
          '--until',
          '--reason',
          '—strict',
          '"',
          "'",
          '“',
          '”',
          '\\',
          ',',
          '=',
          '<',
          '>',
          '|',
          '&amp;',
          '<#C1|x>',
          '4.2.1',
          'orders',
          '42',
          '#',
        ),
        fc.string({ maxLength: 6 }),
      ),
      { maxLength: 30 },
    )
    .chain((words) => fc.constantFrom(' ', '', '  ').map((space) => words.join(space))),
);

const visibleText = fc
  .string({ minLength: 1, maxLength: 60, unit: 'binary' })
  .map((text) => typedText(escapeMrkdwn(text)));
const label = fc
  .stringMatching(/^[0-9a-z][0-9a-z._+-]{0,12}$/)
  .filter((text) => !['on', 'in', 'where', 'from'].includes(text));
const name = visibleText.map((text) => text.replaceAll(/[,#]/g, '').trim()).filter((text) => text !== '');
const VALUES: { readonly [K in Kind]: fc.Arbitrary<unknown> } = {
  name,
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
  labels: fc.dictionary(label, label, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  id: fc.integer({ min: 1, max: 2_147_483_647 }),
  release: fc.record({ product: fc.option(label), version: label }).filter(
    // A version that begins like a name needs its product, or nothing behind it: that is another property.
    ({ product, version }) => product !== null || (/^\d/.test(version) && !/^\d+[a-z]/.test(version)),
  ),
  jobs: fc.constantFrom(...JOB_CHOICES),
  until: fc.oneof(
    fc.record({ ms: fc.integer({ min: 1, max: 366 * 86_400_000 }) }),
    fc.record({ at: fc.integer({ min: 0, max: 8.64e15 }) }),
  ),
  word: visibleText.filter((text) => text !== ''),
  list: fc.uniqueArray(label, { minLength: 1, maxLength: 4 }).map((items) => items.join(',')),
};
const reason = visibleText.filter((text) => text !== '');

const command = fc.constantFrom(...COMMAND_NAMES).chain((chosen) => {
  const spec = specOf(chosen);
  const parts = [
    ...Object.entries(spec.arguments),
    ...Object.entries(spec.phrases ?? {}),
    ...Object.entries(spec.options ?? {}),
  ];
  const fields = Object.fromEntries([
    ...parts.map(([key, { kind }]) => [key, kind === null ? fc.constant(true) : VALUES[kind]] as const),
    ...(spec.reason === undefined ? [] : [['reason', reason] as const]),
  ]);
  const required = Object.entries(spec.arguments).flatMap(([key, { optional }]) => (optional ? [] : [key]));
  return fc
    .record(fields, { requiredKeys: required, noNullPrototype: true })
    .map((given) => ({ name: chosen, given }) as Command);
});

describe('for any text', () => {
  test('there is an answer, and a refusal is a sentence', () => {
    fc.assert(
      fc.property(sent, (text) => {
        const parsing = parseCommand(text);
        expect(parsing.ok || parsing.problem.sentence.endsWith('.') || parsing.problem.sentence.endsWith('?')).toBe(
          true,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('what is printed is read as the same command, as Slack sends it', () => {
    fc.assert(
      fc.property(command, (made) => {
        expect(parseCommand(escapeMrkdwn(printCommand(made)))).toEqual({ ok: true, command: made });
      }),
      { numRuns: 2_000 },
    );
  });

  test('what is read is printed and read as the same', () => {
    fc.assert(
      fc.property(sent, (text) => {
        const parsing = parseCommand(text);
        if (parsing.ok) expect(parseCommand(escapeMrkdwn(printCommand(parsing.command)))).toEqual(parsing);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the longest line is read in less than a quarter of a second', () => {
    const begun = performance.now();
    for (const sign of ["'a ", '" ', '\\" ', 'a,', '=" ', '<', '&amp;', '--x='])
      parseCommand(`cancel ${sign.repeat(1_300)}`);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

test('every command has its specification', () => {
  expect(Object.keys(COMMANDS)).toEqual([...COMMAND_NAMES]);
});
