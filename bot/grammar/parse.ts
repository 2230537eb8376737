import type { Reason } from '../../server/domain/reason.ts';
import { suggest } from '../../server/domain/suggest.ts';
import { COMMAND_NAMES, commandNamed, specOf, type Command, type CommandName, type CommandSpec } from './commands.ts';
import { KINDS, type Kind } from './kinds.ts';
import { typedText } from './typed-text.ts';
import { wordsOf, type Word } from './words.ts';

export const LONGEST_LINE = 4_000;
/** As the verbs take it everywhere. */
export const LONGEST_REASON = 500;
/** An entity or a link is longer as Slack sends it than as it was typed. */
const LONGEST_SENT = 20 * LONGEST_LINE;

export type GrammarCode =
  | 'too_long'
  | 'quote_open'
  | 'unknown_command'
  | 'unknown_option'
  | 'unknown_word'
  | 'missing'
  | 'misread'
  | 'twice'
  | 'reason_too_long';

/** `command`: whose help is the next step; null: that of all. The sentence quotes what was typed and is not escaped. */
export type Parsing =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly problem: Reason<GrammarCode>; readonly command: CommandName | null };

/** What somebody said to the bot, as Slack sends it. Any text has an answer: nothing said is a call for help. */
export function parseCommand(sent: string): Parsing {
  const typed = sent.length > LONGEST_SENT ? null : typedText(sent);
  if (typed === null || typed.length > LONGEST_LINE) return bad(null, 'too_long', TOO_LONG);
  const words = wordsOf(typed);
  if (words === null) return bad(null, 'quote_open', QUOTE_OPEN);
  // In a mention people write the slash command all the same.
  const [first, ...rest] = words[0]?.value.startsWith('/') ? words.slice(1) : words;
  if (first === undefined) return { ok: true, command: { name: 'help', given: {} } };
  const name = commandNamed(first.value);
  if (name === undefined) return bad(null, 'unknown_command', unknownCommand(first.value));
  const line = readLine(name, rest);
  if ('problem' in line) return { ok: false, problem: line.problem, command: name };
  return { ok: true, command: { name, given: line.given } as Command };
}

const TOO_LONG = `This is longer than ${LONGEST_LINE} characters. Say less in one line, or use the console.`;
const QUOTE_OPEN = 'A quote is opened and never closed. Close it, or leave it out.';

function unknownCommand(word: string): string {
  const near = suggest(word.toLowerCase(), COMMAND_NAMES);
  return `There is no command ${shown(word)}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
}

type Given = Record<string, unknown>;
type Line = { readonly given: Given } | { readonly problem: Reason<GrammarCode> };

/** Takes word by word; every step leaves fewer. */
function readLine(name: CommandName, all: readonly Word[]): Line {
  const spec = specOf(name);
  const given: Given = {};
  const said: Word[] = [];
  const waiting = Object.entries(spec.arguments);
  for (let words = all; words.length > 0;) {
    const word = words[0] as Word;
    const phrase = said.length > 0 ? undefined : phraseOf(spec, word);
    const step = optionIn(word)
      ? readOption(name, spec, words)
      : phrase !== undefined
        ? readPhrase(spec, phrase, words)
        : said.length > 0
          ? undefined
          : readArgument(spec, waiting, words);
    if (step === undefined) {
      if (spec.reason !== 'words') return problem('unknown_word', unknownWord(name, spec, word));
      said.push(word);
      words = words.slice(1);
      continue;
    }
    if ('problem' in step) return step;
    if (Object.hasOwn(given, step.key)) return problem('twice', `${step.key} is given twice. Say it once.`);
    given[step.key] = step.value;
    words = words.slice(step.words);
  }
  return complete(spec, given, said);
}

/** A step that took words; undefined: the word is nothing that this step knows. */
type Step = { readonly key: string; readonly value: unknown; readonly words: number } | Problem | undefined;
type Problem = { readonly problem: Reason<GrammarCode> };

/** `--strict`, `--waves=1,25%`; phones make one dash of two. */
function optionIn(word: Word): { readonly name: string; readonly value: string | null } | null {
  if (word.quoted) return null;
  const [, name, , value] = /^(?:--|[—–―]-?)([a-z][a-z-]*)(=(.*))?$/isu.exec(word.value) ?? [];
  return name === undefined ? null : { name: name.toLowerCase(), value: value ?? null };
}

function readOption(name: CommandName, spec: CommandSpec, words: readonly Word[]): Step {
  const { name: option, value } = optionIn(words[0] as Word) as { name: string; value: string | null };
  const options: Readonly<Record<string, { readonly kind: Kind | null }>> = {
    ...spec.options,
    ...(spec.reason === undefined ? {} : { reason: { kind: 'word' } }),
  };
  const found = Object.hasOwn(options, option) ? options[option] : undefined;
  if (found === undefined) return problem('unknown_option', unknownOption(name, option, Object.keys(options)));
  if (found.kind === null) {
    if (value !== null) return problem('misread', `--${option} takes no value. Write it alone.`);
    return { key: option, value: true, words: 1 };
  }
  if (value === null) return taken(`--${option}`, option, found.kind, upToOption(words.slice(1)), 1);
  const inside: Word = { value, raw: value, quoted: value === '' };
  return taken(`--${option}`, option, found.kind, [inside, ...upToOption(words.slice(1))], 0);
}

function phraseOf(spec: CommandSpec, word: Word): string | undefined {
  if (word.quoted) return undefined;
  const said = word.value.toLowerCase();
  return Object.entries(spec.phrases ?? {}).find(([, { words }]) => words.includes(said))?.[0];
}

function readPhrase(spec: CommandSpec, key: string, words: readonly Word[]): Step {
  const kind = spec.phrases?.[key]?.kind ?? null;
  if (kind === null) return { key, value: true, words: 1 };
  return taken(words[0]?.value.toLowerCase() ?? key, key, kind, upToOption(words.slice(1)), 1);
}

/** The next argument by its place. One that may be left out is, when the word is not of its kind. */
function readArgument(
  spec: CommandSpec,
  waiting: [string, CommandSpec['arguments'][string]][],
  words: readonly Word[],
) {
  const next = waiting.shift();
  if (next === undefined) return undefined;
  const [key, { kind, optional }] = next;
  // `retry job 42`: the noun before its number.
  const noun = kind === 'id' && words[0]?.raw.toLowerCase() === key && words.length > 1 ? 1 : 0;
  const own = words.slice(noun);
  const end = own.findIndex((word) => optionIn(word) !== null || phraseOf(spec, word) !== undefined);
  const value = KINDS[kind].take(end < 0 ? own : own.slice(0, Math.max(1, end)));
  if (value !== null) return { key, value: value.value, words: noun + value.words };
  if (optional && spec.reason === 'words') return undefined;
  return problem('misread', `${shown(words[0]?.value ?? '')} is ${KINDS[kind].hint}.`);
}

function upToOption(words: readonly Word[]): readonly Word[] {
  const end = words.findIndex((word) => optionIn(word) !== null);
  return end < 0 ? words : words.slice(0, end);
}

function taken(label: string, key: string, kind: Kind, words: readonly Word[], before: number): Step {
  const [first] = words;
  if (first === undefined) return problem('missing', `${label} needs a value behind it.`);
  const found = KINDS[kind].take(words);
  if (found === null) return problem('misread', `${shown(first.value)} behind ${label} is ${KINDS[kind].hint}.`);
  return { key, value: found.value, words: before + found.words };
}

function complete(spec: CommandSpec, given: Given, said: readonly Word[]): Line {
  const missing = Object.entries(spec.arguments).find(([key, { optional }]) => !optional && !Object.hasOwn(given, key));
  if (missing) return problem('missing', `Something is missing: ${missing[1].shown ?? missing[0]}.`);
  const [only, ...more] = said;
  const reason = only?.quoted && more.length === 0 ? only.value : said.map(({ raw }) => raw).join(' ');
  if (reason.trim() !== '' && Object.hasOwn(given, 'reason'))
    return problem('twice', 'The reason is given twice. Say it once.');
  const whole = (typeof given['reason'] === 'string' ? given['reason'] : reason).trim();
  if (whole.length > LONGEST_REASON) {
    const sentence = `The reason has ${whole.length} characters, at most ${LONGEST_REASON} are kept. Say it shorter.`;
    return problem('reason_too_long', sentence);
  }
  const { reason: _, ...others } = given;
  return { given: whole === '' ? others : { ...others, reason: whole } };
}

function unknownWord(name: CommandName, spec: CommandSpec, word: Word): string {
  const keywords = Object.values(spec.phrases ?? {}).flatMap(({ words }) => [...words]);
  const near = word.quoted ? undefined : suggest(word.value.toLowerCase(), keywords);
  const text = spec.reason === 'option' ? ' Put a reason in quotes: --reason "scanner fix".' : '';
  const next = near === undefined ? text : ` Did you mean ${near}?`;
  return `${name} does not understand ${shown(word.value)}.${next}`;
}

function unknownOption(name: CommandName, option: string, known: readonly string[]): string {
  const near = suggest(option, known);
  const next =
    near !== undefined
      ? `Did you mean --${near}?`
      : known.length === 0
        ? 'It takes none.'
        : `There is ${known.map((each) => `--${each}`).join(', ')}.`;
  return `${name} has no option ${shown(`--${option}`)}. ${next} What belongs to a reason stands in quotes.`;
}

/** What was typed, short enough to be read. */
function shown(text: string): string {
  const signs = [...text];
  return signs.length > 40 ? `${signs.slice(0, 40).join('')}…` : text;
}

function problem(code: GrammarCode, sentence: string): Problem {
  return { problem: { code, sentence } };
}

function bad(command: CommandName | null, code: GrammarCode, sentence: string): Parsing {
  return { ok: false, problem: { code, sentence }, command };
}
