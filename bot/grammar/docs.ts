import { COMMAND_NAMES, specOf, type CommandName } from './commands.ts';
import { usageOf } from './print.ts';

/** docs/slack-commands.md, made of the specification: what help says, for who reads it beforehand. */
export function commandsPage(slash: string): string {
  return [
    '# Slack commands',
    '',
    `Written by \`test/domain/bot/docs.test.ts\` from the command specification (\`bot/grammar/commands.ts\`); \`npx vitest run -u\``,
    'on that file writes it anew.',
    '',
    `Say \`${slash} <command>\` anywhere, or mention the bot. Inside the thread of a job, an approval or an incident only`,
    'mentions work; there a command without a number or a release means the job, incident or release of that thread. What',
    'needs a dialog answers a mention with the button that opens it, or with what to type outside.',
    '',
    'The product may be left out when there is only one, or when the channel belongs to one. Text with spaces stands in',
    'quotes; the rest of a line is the reason where a command takes one. Answers are seen by you alone.',
    ...COMMAND_NAMES.flatMap((name) => ['', ...section(name, slash)]),
    '',
  ].join('\n');
}

function section(name: CommandName, slash: string): string[] {
  const { summary, notes = [], also = [], options = {}, action, examples } = specOf(name);
  const optionLines = Object.entries(options).map(
    ([option, { shown, text }]) => `* \`--${option}${shown ? ` ${shown}` : ''}\`: ${text}`,
  );
  return [
    `## ${name}`,
    '',
    `\`${slash} ${usageOf(name)}\``,
    '',
    [`${summary}.`, ...notes].join(' '),
    ...(optionLines.length > 0 ? ['', ...optionLines] : []),
    '',
    '```text',
    ...examples.map((example) => `${slash} ${example}`),
    '```',
    '',
    [
      action === null ? 'Anybody may.' : `Needs \`${action}\`.`,
      ...(also.length > 0 ? [`Also: ${also.map((word) => `\`${word}\``).join(', ')}.`] : []),
    ].join(' '),
  ];
}
