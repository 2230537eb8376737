import { expect } from 'vitest';
import type { Bot, Caller, Reply } from '../../../bot/caller.ts';
import { answerCommand } from '../../../bot/commands/answer.ts';
import type { Dialog, Message } from '../../../bot/message.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import { problemOf } from './check.ts';

export const home = { team: 'T0HOME', user: 'U0ANA', channel: 'C0HOME' } as const;

/** Somebody who types commands, and sees answers and dialogs as Slack would show them. */
export interface Typist {
  /** The answer's mrkdwn, line by line; Slack would take the message. `dialog` when one has been opened. */
  say(text: string, where?: { thread?: string; channel?: string }): Promise<string>;
  /** The answer as it is. */
  reply(text: string, where?: { thread?: string; channel?: string }): Promise<Message>;
  /** Types what opens a dialog; answers with the dialog once it is filled, as text. */
  dialog(text: string): Promise<string>;
}

export function typist({ ctx }: Pick<World, 'ctx'>, actor: Actor): Typist {
  const dialogs = new Map<string, Dialog>();
  const filled = new Set<string>();
  const keep = (viewId: string, dialog: Dialog) => {
    expect(problemOf('view', dialog)).toBeNull();
    dialogs.set(viewId, dialog);
  };
  const bot: Bot = {
    ctx,
    openDialog(_caller, dialog) {
      const viewId = `V${dialogs.size + 1}`;
      keep(viewId, dialog);
      return Promise.resolve({ viewId });
    },
    updateDialog(viewId, dialog) {
      keep(viewId, dialog);
      filled.add(viewId);
      return Promise.resolve(true);
    },
    upload: () => Promise.reject(new Error('no command uploads')),
  };
  const answer = async (
    text: string,
    { thread, channel = home.channel }: { thread?: string; channel?: string } = {},
  ) => {
    const caller: Caller = { ...home, actor, channel, thread: thread ?? null };
    const reply = await answerCommand(bot, caller, text);
    if (reply.kind === 'message') expect(problemOf('message', reply.message)).toBeNull();
    return reply;
  };
  return {
    say: async (text, where) => textOf(await answer(text, where)),
    async reply(text, where) {
      const reply = await answer(text, where);
      if (reply.kind === 'opened') throw new Error(`${text} opened a dialog`);
      return reply.message;
    },
    async dialog(text) {
      const reply = await answer(text);
      if (reply.kind === 'message') throw new Error(`${text} opened no dialog but said: ${textOf(reply)}`);
      const viewId = `V${dialogs.size}`;
      await until('the dialog to be filled', () => filled.has(viewId));
      return textsIn(dialogs.get(viewId)).join('\n');
    },
  };
}

function textOf(reply: Reply): string {
  return reply.kind === 'opened' ? 'dialog' : textsIn(reply.message.blocks).join('\n');
}

/** Every text of blocks, in their order. */
function textsIn(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(textsIn);
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    (key === 'text' || key === 'initial_value') && typeof value === 'string' ? [value] : textsIn(value),
  );
}
