import { setTimeout as delay } from 'node:timers/promises';
import type { Entered } from './slack/field-state.ts';
import type { Person } from './slack/person.ts';
import { elementsOf } from './slack/field-state.ts';
import { messagesIn, type Json, type SlackMessage, type SlackUser } from './slack/workspace.ts';
import type { StandIn } from './slack/start.ts';

/** How long people of the demo look at something before they do something about it. */
const readingMs = 3_500;
const patienceMs = 60_000;
const lookMs = 100;

/** What the people of the demo do in Slack: through the stand-in, signed, and the bot's real receiver. */
export interface InSlack {
  /** Waits for the newest card in a channel that has this button, reads it, and presses it. False: a visitor was first. */
  press(who: SlackUser, channel: string, actionId: string): Promise<boolean>;
  /** Types a command that opens a dialog, fills it and submits it. */
  fillAfter(who: SlackUser, channel: string, command: string, fields: Readonly<Record<string, Entered>>): Promise<void>;
  /** Fills the dialog that a button has opened, and submits it. */
  fill(who: SlackUser, fields: Readonly<Record<string, Entered>>): Promise<void>;
}

export function inSlack(standIn: StandIn, signal: AbortSignal): InSlack {
  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    const end = performance.now() + patienceMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`in Slack: waited in vain for ${what}`);
      await delay(lookMs, undefined, { signal });
    }
  }

  async function fillOpen(person: Person, fields: Readonly<Record<string, Entered>>): Promise<void> {
    const [first = ''] = Object.keys(fields);
    const view = await until(`a dialog with ${first}`, () => {
      const open = person.dialog();
      return open && offers(open.view['blocks'] as Json[], first) ? open : undefined;
    });
    await delay(readingMs, undefined, { signal });
    for (const [field, entered] of Object.entries(fields)) {
      const { hash } = view;
      const told = await person.fill(view, field, entered);
      if (told) await until(`a dialog that follows ${field}`, () => (view.hash === hash ? undefined : true));
    }
    await delay(readingMs, undefined, { signal });
    for (let attempt = 0; !view.closed; attempt += 1) {
      const { kind } = await person.submit(view);
      // A dialog whose plan has changed meanwhile asks to be confirmed again.
      if (!view.closed && (kind !== 'updated' || attempt === 5)) {
        throw new Error(`in Slack: the dialog says ${kind}: ${JSON.stringify(view.view['blocks']).slice(0, 300)}`);
      }
      if (!view.closed) await delay(readingMs, undefined, { signal });
    }
  }

  return {
    async press(who, channel, actionId) {
      const card = await until(actionId, () => cardWith(standIn, channel, actionId)).catch(() => undefined);
      await delay(readingMs, undefined, { signal });
      if (!card || !offers(card.blocks, actionId)) return false;
      await standIn.person(who.id).press(card, actionId);
      return true;
    },
    async fillAfter(who, channel, command, fields) {
      const person = standIn.person(who.id);
      await person.command(command, channel);
      await fillOpen(person, fields);
    },
    fill: (who, fields) => fillOpen(standIn.person(who.id), fields),
  };
}

function cardWith({ workspace }: StandIn, channel: string, actionId: string): SlackMessage | undefined {
  return messagesIn(workspace, channel).findLast(({ blocks }) => offers(blocks, actionId));
}

function offers(blocks: readonly Json[], actionId: string): boolean {
  return blocks.some((block) => elementsOf(block).some((element) => element['action_id'] === actionId));
}
