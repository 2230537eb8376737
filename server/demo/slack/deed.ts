import type { z } from 'zod';
import type { demoSlackDeed, DemoSlackDone } from '../../contracts/demo-slack.ts';
import { addMessage } from './messages.ts';
import type { Person } from './person.ts';
import type { StandIn } from './start.ts';
import type { Json, SlackView, Workspace } from './workspace.ts';

type Deed = z.output<typeof demoSlackDeed>;
const done: DemoSlackDone = { problem: null };

/** Does what somebody did on the demo's page, as Slack's own client would. Answers with what that would say. */
export async function doDeed(standIn: StandIn, deed: Deed): Promise<DemoSlackDone> {
  const { workspace } = standIn;
  const person = standIn.person(deed.as);
  if (deed.do === 'say') return say(workspace, person, deed);
  if (deed.do === 'press') {
    const message = workspace.messages.find(
      ({ channel, ts, deletedAt }) => channel === deed.channel && ts === deed.ts && deletedAt === null,
    );
    if (!message) return { problem: 'This message is gone.' };
    await person.press(message, deed.actionId, deed.option);
    return done;
  }
  const view = workspace.views.get(deed.viewId);
  if (!view || view.closed || view.user !== deed.as) return { problem: 'This dialog has been closed.' };
  return inDialog(person, view, deed);
}

async function inDialog(person: Person, view: SlackView, deed: Exclude<Deed, { do: 'say' | 'press' }>) {
  switch (deed.do) {
    case 'pressIn':
      await person.pressIn(view, deed.actionId);
      return done;
    case 'fill':
      await person.fill(view, deed.actionId, deed.entered);
      return done;
    case 'suggest': {
      const options = await person.suggest(view, deed.actionId, deed.query);
      return { ...done, options: options.map(optionOf) };
    }
    case 'close':
      await person.close(view);
      return done;
    case 'submit': {
      const submitted = await person.submit(view);
      if (submitted.kind === 'incomplete') return { problem: 'Please complete all required fields.' };
      return { problem: submitted.kind === 'failed' ? 'We had some trouble connecting. Try again?' : null };
    }
  }
}

/** A slash command, a mention of the bot, or words that only people read. */
async function say(workspace: Workspace, person: Person, { channel, text, threadTs }: Extract<Deed, { do: 'say' }>) {
  const { command, botUser } = workspace;
  if (text === command || text.startsWith(`${command} `)) {
    if (threadTs !== null) return { problem: `${command} is not supported in threads. Mention @signalbox instead.` };
    await person.command(text.slice(command.length).trim(), channel);
    return done;
  }
  const name = workspace.users.get(botUser)?.name ?? '';
  if (text.startsWith(`@${name}`)) {
    await person.mention(text.slice(name.length + 1).trim(), channel, threadTs ?? undefined);
    return done;
  }
  addMessage(workspace, { channel, user: person.user.id, text, blocks: [], threadTs });
  return done;
}

function optionOf(option: Json): { text: string; value: string } {
  const { text } = option['text'] as { text: string };
  return { text, value: String(option['value']) };
}
