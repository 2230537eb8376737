import type { Command, OptionSpec } from './command.ts';
import { exitCodes } from './exit.ts';
import { columns } from './text.ts';

const COMMON: Record<string, OptionSpec> = {
  json: { text: 'print JSON' },
  help: { short: 'h', text: 'show this' },
};

const ENVIRONMENT = [
  ['SIGNALBOX_URL', 'the server, default http://127.0.0.1:4600'],
  ['SIGNALBOX_TOKEN', 'the API token, made with: signalbox token create'],
];

/** The page for `signalbox --help`: every command with its summary. */
export function overview(commands: Readonly<Record<string, Command>>): string[] {
  return [
    'usage: signalbox <command> [arguments] [options]',
    '',
    ...columns(
      Object.entries(commands).map(([name, { args, summary }]) => [`  ${name}${argumentText(args)}`, summary]),
    ),
    '',
    'Every command takes --json and --help. From the environment:',
    ...columns(ENVIRONMENT.map(([name = '', text = '']) => [`  ${name}`, text])),
    '',
    'Exit codes:',
    ...columns(Object.values(exitCodes).map(({ code, meaning }) => [`  ${code}`, meaning])),
  ];
}

/** The page for one command. */
export function commandHelp(name: string, { summary, args, options }: Command): string[] {
  const all = Object.entries({ ...options, ...COMMON });
  return [
    `usage: signalbox ${name}${argumentText(args)} [options]`,
    '',
    `${summary}.`,
    '',
    ...columns(all.map(([option, spec]) => [`  ${optionText(option, spec)}`, spec.text])),
  ];
}

function argumentText(args: readonly string[]): string {
  return args.map((name) => ` <${name}>`).join('');
}

function optionText(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
}
