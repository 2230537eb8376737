import { randomUUID } from 'node:crypto';
import { Refusal } from '../../server/contracts/errors.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import { said, type Bot, type Caller, type Reply } from '../caller.ts';
import type { Command, CommandName } from '../grammar/commands.ts';
import { parseCommand } from '../grammar/parse.ts';
import { usageOf } from '../grammar/print.ts';
import { approvals } from './approvals.ts';
import { archive } from './archive.ts';
import { demote, undemote } from './channel-entry.ts';
import { typed, type Handler } from './handler.ts';
import { help } from './help.ts';
import { hold, releaseHold } from './holds.ts';
import { hosts } from './hosts.ts';
import { ack, incidents } from './incidents.ts';
import { install } from './install.ts';
import { jobs } from './jobs.ts';
import { linked } from './link.ts';
import { download, list, show } from './releases.ts';
import { pipeline } from './pipeline.ts';
import { promote } from './promote.ts';
import { recall } from './recall.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { cancel, retry } from './steer-job.ts';

/** Every command has its handler, or this does not compile. */
const HANDLERS: { readonly [N in CommandName]: Handler<N> } = {
  list,
  show,
  download,
  install,
  demote,
  undemote,
  archive,
  promote,
  recall,
  pipeline,
  rollback,
  hold,
  'release-hold': releaseHold,
  status,
  jobs,
  retry,
  cancel,
  approvals,
  incidents,
  ack,
  hosts,
  link: linked,
  help,
};

/** The answer to what somebody typed: whatever it is, and whatever becomes of it, there is one. */
export async function answerCommand(bot: Bot, caller: Caller, text: string): Promise<Reply> {
  const parsing = parseCommand(text);
  if (!parsing.ok) {
    const { problem, command } = parsing;
    return sorry(problem.sentence, nextStep(bot, caller, command));
  }
  try {
    return await run(bot, caller, parsing.command);
  } catch (error) {
    if (error instanceof Refusal) return sorry(inChat(bot, caller, error.message));
    const instance = randomUUID();
    bot.ctx.log.error({ err: error, instance, command: parsing.command.name }, 'a chat command broke');
    return sorry(`Something broke that nobody foresaw. Give an admin this id, the log has the reason: ${instance}.`);
  }
}

function run<N extends CommandName>(bot: Bot, caller: Caller, command: Command & { readonly name: N }): Promise<Reply> {
  const handler = HANDLERS[command.name] as unknown as Handler<N>;
  return handler(bot, caller, command.given as Parameters<Handler<N>>[2]);
}

function sorry(...sentences: readonly string[]): Reply {
  return said(escapeMrkdwn(sentences.join('\n')));
}

function nextStep(bot: Bot, caller: Caller, command: CommandName | null): string {
  if (command === null) return `${typed(bot, caller, 'help')} shows every command.`;
  return `Type ${typed(bot, caller, usageOf(command))}, or ${typed(bot, caller, `help ${command}`)} for examples.`;
}

const LISTED_BY: Readonly<Record<string, string>> = {
  jobs: 'jobs',
  approvals: 'approvals --past',
  incidents: 'incidents --past',
  holds: 'status',
  releases: 'list',
  hosts: 'hosts',
};

/** The verbs tell clients of the API where a list is; here there is a command for it. */
function inChat(bot: Bot, caller: Caller, sentence: string): string {
  return sentence.replace(/List them with GET (?:\/api\/v1)?\/([a-z]+)\./u, (all, noun: string) => {
    const command = LISTED_BY[noun];
    return command === undefined ? all : `${typed(bot, caller, command)} lists them.`;
  });
}
