import { Refusal } from '../../server/contracts/errors.ts';
import { mayDoSomewhere } from '../../server/domain/permission.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import type { Bot, Caller } from '../caller.ts';
import { COMMAND_NAMES, commandNamed, specOf, type CommandName } from '../grammar/commands.ts';
import { usageOf } from '../grammar/print.ts';
import { slashed, typed, type Handler } from './handler.ts';
import { told } from './listing.ts';
import { hint } from './names.ts';

/** Every command with its summary, or one with all that it takes. */
export const help: Handler<'help'> = (bot, caller, { command }) => {
  if (command === undefined) return Promise.resolve(overview(bot, caller));
  const name = commandNamed(command);
  if (name !== undefined) return Promise.resolve(pageOf(bot, caller, name));
  const known = COMMAND_NAMES.map((each) => ({ name: each }));
  throw new Refusal('not_found', `There is no command ${command}. ${hint(command, known)}`);
};

function overview(bot: Bot, caller: Caller) {
  const may = COMMAND_NAMES.filter((name) => allowed(caller, name));
  const others = COMMAND_NAMES.filter((name) => !allowed(caller, name));
  return told(
    [
      'This is what you can say:',
      ...may.map((name) => escapeMrkdwn(`${typed(bot, caller, name)} ${specOf(name).summary}`)),
      others.length === 0 ? null : `Your roles do not reach: ${others.join(', ')}. Ask an admin.`,
    ],
    escapeMrkdwn(
      `${typed(bot, caller, 'help install')} shows one with its options. Inside a thread mention the bot: a command without a number means that thread's job or incident.`,
    ),
  );
}

function pageOf(bot: Bot, caller: Caller, name: CommandName) {
  const { summary, notes = [], options = {}, also = [], examples } = specOf(name);
  return told(
    [
      `*${escapeMrkdwn(slashed(bot, usageOf(name)))}*`,
      escapeMrkdwn([`${summary}.`, ...notes].join(' ')),
      ...Object.entries(options).map(([option, { shown, text }]) =>
        escapeMrkdwn(`• \`--${option}${shown ? ` ${shown}` : ''}\` ${text}`),
      ),
      `For example:\n${examples.map((example) => escapeMrkdwn(typed(bot, caller, example))).join('\n')}`,
    ],
    allowed(caller, name)
      ? also.length === 0
        ? undefined
        : `Also: ${also.join(', ')}`
      : `Your roles do not reach this: it needs ${specOf(name).action}. Ask an admin.`,
  );
}

function allowed({ actor }: Caller, name: CommandName): boolean {
  const { action } = specOf(name);
  return action === null || mayDoSomewhere(actor, action);
}
