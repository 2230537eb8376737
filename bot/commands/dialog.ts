import type { Button } from '@slack/types';
import type { SlackDraftInput } from '../../server/contracts/slack.ts';
import { actions, message, section } from '../cards/blocks.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { openDialog } from '../dialogs/open.ts';
import type { Command } from '../grammar/commands.ts';
import { printCommand } from '../grammar/print.ts';
import { slashed } from './handler.ts';

/**
 * Opens the dialog; from a mention Slack lets nobody open one, so there the answer has a button that does, or says what to
 * type. `command`: what opens this dialog outside of threads.
 */
export async function opens(
  bot: Bot,
  caller: Caller,
  input: SlackDraftInput,
  command: Command,
  button: Button | null = null,
): Promise<Reply> {
  if (caller.thread === null) return openDialog(bot, caller, input);
  const how = button
    ? 'This needs a dialog, which a mention cannot open. Press:'
    : `This needs a dialog, which a mention cannot open. Type outside of the thread: ${slashed(bot, printCommand(command))}`;
  const text = escapeMrkdwn(how);
  return { kind: 'message', message: message(text, [section(text), button && actions(button)]) };
}
