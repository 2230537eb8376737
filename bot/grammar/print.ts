import { specOf, type Command, type CommandName } from './commands.ts';
import { KINDS, type Kind } from './kinds.ts';
import { asWord, quoted } from './words.ts';

/** The command as somebody could type it: `parseCommand` reads it as this command again. Not escaped. */
export function printCommand({ name, given }: Command): string {
  const spec = specOf(name);
  const values = given as Readonly<Record<string, unknown>>;
  const texts = [
    ...Object.entries(spec.arguments).map(([key, { kind }]) => print(kind, values[key])),
    ...Object.entries(spec.phrases ?? {}).map(([key, { words, kind }]) => worded(words[0], kind, values[key])),
    ...Object.entries(spec.options ?? {}).map(([key, { kind }]) => worded(`--${key}`, kind, values[key])),
    reasonText(spec.reason, values['reason']),
  ];
  return [name, ...texts].filter((text) => text !== '').join(' ');
}

function worded(word: string, kind: Kind | null, value: unknown): string {
  if (value === undefined) return '';
  return kind === null ? word : `${word} ${print(kind, value)}`;
}

function print(kind: Kind, value: unknown): string {
  return value === undefined ? '' : (KINDS[kind].print as (value: unknown) => string)(value);
}

function reasonText(reason: 'words' | 'option' | undefined, value: unknown): string {
  if (typeof value !== 'string') return '';
  return reason === 'words' ? quoted(value) : `--reason ${asWord(value)}`;
}

/** `install [[product] version] [on host,…] [--waves 1,25%,100%] [--reason text]`. */
export function usageOf(name: CommandName): string {
  const spec = specOf(name);
  const parts = [
    ...Object.entries(spec.arguments).map(([key, { shown = key, optional }]) => (optional ? `[${shown}]` : shown)),
    ...Object.entries(spec.phrases ?? {}).map(([, { words, shown }]) => `[${words[0]}${shown ? ` ${shown}` : ''}]`),
    ...Object.entries(spec.options ?? {}).map(([key, { shown }]) => `[--${key}${shown ? ` ${shown}` : ''}]`),
    ...(spec.reason === 'words' ? ['[reason]'] : spec.reason === 'option' ? ['[--reason text]'] : []),
  ];
  return [name, ...parts].join(' ');
}
