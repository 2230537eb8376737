import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { ProblemError } from '../contracts/client.ts';
import type { Command, Terminal } from './command.ts';
import { commands } from './commands.ts';
import { exitCodes, exitOf, UsageError } from './exit.ts';
import { commandHelp, overview } from './help.ts';
import { suggest } from '../domain/suggest.ts';

/** Runs one command line and answers with the exit code. Nothing is thrown. */
export async function run(argv: readonly string[], open: (json: boolean) => Terminal): Promise<number> {
  const terminal = open(argv.includes('--json'));
  try {
    return exitCodes[await dispatch(argv, terminal)].code;
  } catch (error) {
    explain(terminal, error);
    return exitCodes[exitOf(error)].code;
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal) {
  const { name, rest } = nameIn(argv);
  const found = name === undefined ? undefined : commands[name];
  if (name === undefined || found === undefined) {
    if (argv.length > 0 && name !== undefined) throw unknownCommand(name);
    for (const line of overview(commands)) terminal.print(line);
    return argv.length === 0 ? 'usage' : 'ok';
  }
  const { args, options, help } = parsed(name, found, rest);
  if (help) {
    for (const line of commandHelp(name, found)) terminal.print(line);
    return 'ok';
  }
  return found.run(terminal, args, options);
}

/** The command's name is one word or two (`token create`); `help <command>` is `<command> --help`. */
function nameIn(argv: readonly string[]): { name: string | undefined; rest: readonly string[] } {
  const [first, second] = argv;
  if (first === undefined || first.startsWith('-')) return { name: undefined, rest: argv };
  if (first === 'help') return argv.length === 1 ? { name: undefined, rest: [] } : nameIn([...argv.slice(1), '--help']);
  const pair = `${first} ${second}`;
  return pair in commands ? { name: pair, rest: argv.slice(2) } : { name: first, rest: argv.slice(1) };
}

function parsed(name: string, { args: names, options }: Command, rest: readonly string[]) {
  const config: ParseArgsOptionsConfig = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } };
  for (const [option, { value, short }] of Object.entries(options)) {
    config[option] = { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
  }
  const { values, positionals } = parsedArgs(name, config, rest);
  const help = values.help === true;
  if (!help && positionals.length !== names.length) throw wrongArguments(name, names, positionals);
  const args = Object.fromEntries(names.map((argument, index) => [argument, positionals[index] ?? '']));
  return { args, options: values as Record<string, string | boolean | undefined>, help };
}

function parsedArgs(name: string, options: ParseArgsOptionsConfig, rest: readonly string[]) {
  const unknown = rest.find(
    (word) => word.startsWith('--') && word !== '--' && !(word.slice(2).split('=')[0]! in options),
  );
  if (unknown !== undefined) {
    const meant = suggest(unknown.slice(2), Object.keys(options));
    throw new UsageError(`${name} has no option ${unknown}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`);
  }
  try {
    return parseArgs({ args: [...rest], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wrongArguments(name: string, expected: readonly string[], given: readonly string[]): UsageError {
  const wants = expected.length === 0 ? 'no arguments' : expected.map((argument) => `<${argument}>`).join(' ');
  return new UsageError(`${name} takes ${wants}, got ${given.length === 0 ? 'none' : given.join(' ')}.`);
}

function unknownCommand(name: string): UsageError {
  const near = suggest(name, Object.keys(commands));
  const group = Object.keys(commands).filter((known) => known.startsWith(`${name} `));
  const hint = group.length > 0 ? ` Did you mean one of: ${group.join(', ')}?` : near ? ` Did you mean ${near}?` : '';
  return new UsageError(`There is no command ${name}.${hint} signalbox --help lists them.`);
}

function explain(terminal: Terminal, error: unknown): void {
  if (error instanceof ProblemError) {
    if (terminal.json) terminal.print(JSON.stringify(error.problem, null, 2));
    terminal.note(error.problem.detail);
    for (const { path, message } of error.problem.errors ?? []) terminal.note(`  ${path}: ${message}`);
  } else if (error instanceof Error && (error instanceof UsageError || error.constructor === Error)) {
    terminal.note(error.message);
  } else {
    // A plain Error was written for people; this is a defect of ours, and its place is worth more than its words.
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
