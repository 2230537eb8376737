import type { Client } from '../contracts/client.ts';
import type { Exit } from './exit.ts';

/** What a command works with: the terminal, the server, the environment. */
export interface Terminal {
  /** One line of result. With `--json` commands use `show` instead. */
  print(line: string): void;
  /** Text as it is, without an end of line: a log. */
  write(text: string): void;
  /** One line for people beside the result: progress, questions, problems. */
  note(line: string): void;
  /** The result: as one JSON document with `--json`, else as `lines` make it. */
  show(value: unknown, lines: () => readonly string[]): void;
  /** Asks for y; null when nobody is there to be asked. */
  confirm(question: string): Promise<boolean | null>;
  readonly json: boolean;
  readonly serverUrl: string;
  readonly client: Client;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An option that takes a value names it (`value: 'name'`); one without is a switch. */
export interface OptionSpec {
  readonly value?: string;
  readonly short?: string;
  readonly text: string;
}

type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Switches are true or absent, the others text or absent. */
export type OptionsOf<O extends OptionSpecs> = {
  readonly [K in keyof O]?: O[K] extends { readonly value: string } ? string : boolean;
};

export interface Command {
  readonly summary: string;
  /** Names of the positional arguments, all required. */
  readonly args: readonly string[];
  readonly options: OptionSpecs;
  readonly run: (
    terminal: Terminal,
    args: Readonly<Record<string, string>>,
    options: Readonly<Record<string, string | boolean | undefined>>,
  ) => Promise<Exit>;
}

/** One command, with its arguments and options typed by their names. */
export function command<const A extends readonly string[], const O extends OptionSpecs>(
  spec: { readonly summary: string; readonly args: A; readonly options: O },
  run: (terminal: Terminal, args: Readonly<Record<A[number], string>>, options: OptionsOf<O>) => Promise<Exit>,
): Command {
  return { ...spec, run: run as Command['run'] };
}
