import { said } from '../../../bot/caller.ts';
import { entries } from '../../../bot/entries-table.ts';
import { openDialog } from '../../../bot/dialogs/open.ts';
import type { Entries } from '../../../bot/entries.ts';
import type { SlackDraftInput } from '../../../server/contracts/slack.ts';
import { findDraft } from '../../../db/queries/slack-drafts.ts';
import type { Entered } from '../../../server/demo/slack/field-state.ts';
import type { Person } from '../../../server/demo/slack/person.ts';
import type { SlackView } from '../../../server/demo/slack/workspace.ts';
import { until } from '../until.ts';
import { openBotSite, type BotSite, type BotSiteOptions } from './bot-site.ts';
import { channels } from './workspace.ts';

/** The real bot on real HTTP, with a command that opens the dialog it is given as JSON: what commands and buttons end in. */
export function openDialogSite(options: BotSiteOptions = {}): Promise<BotSite> {
  const command: Entries['command'] = (bot, caller, text) => {
    if (!text.startsWith('{')) return Promise.resolve(said('no dialog'));
    return openDialog(bot, caller, JSON.parse(text) as SlackDraftInput);
  };
  return openBotSite({ ...options, entries: { ...entries, command } });
}

/** Opens the dialog and waits until it is filled, and what it shows is remembered. */
export async function opened(site: BotSite, person: Person, input: SlackDraftInput): Promise<SlackView> {
  const before = person.dialog()?.id;
  await person.command(JSON.stringify(input), channels.releases);
  const view = await until('a filled dialog', () => {
    const open = person.dialog();
    return open && open.id !== before && !textOf(open).includes('Reading how things stand') ? open : null;
  });
  await settled(site, view);
  return view;
}

/** Fills a field that tells the bot at once, and waits until the dialog has followed. */
export async function filled(
  site: BotSite,
  person: Person,
  view: SlackView,
  field: string,
  value: Entered,
): Promise<void> {
  const { hash } = view;
  await person.fill(view, field, value);
  await until(`a dialog that follows ${field}`, () => view.hash !== hash);
  await settled(site, view);
}

/** Whoever confirms a plan at once, faster than the bot remembers what it showed, would have to confirm it again. */
async function settled({ world }: BotSite, view: SlackView): Promise<void> {
  const id = view.view['private_metadata'] as string | undefined;
  if (id === undefined) return;
  await until('what was shown to be remembered', async () => {
    const draft = await findDraft(world.ctx.db, id);
    if (draft?.input.dialog !== 'install' && draft?.input.dialog !== 'rollback' && draft?.input.dialog !== 'recall') {
      return true;
    }
    return draft.input.seen?.version === draft.version;
  });
}

/** Everything that can be read in a dialog, line by line: its text, labels and hints, not what people have typed. */
export function textOf(view: SlackView): string {
  return texts(view.view).join('\n');
}

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  const own = value as Record<string, unknown>;
  const said = (own['type'] === 'mrkdwn' || own['type'] === 'plain_text') && typeof own['text'] === 'string';
  return said ? [own['text'] as string] : Object.values(own).flatMap(texts);
}

/** The `block_id`s of its fields, in their order. */
export function fieldsOf(view: SlackView): string[] {
  const blocks = view.view['blocks'] as { type: string; block_id?: string }[];
  return blocks.filter(({ type }) => type === 'input').map(({ block_id: id }) => id ?? '');
}

/** What the bot said last in a message of its own: what has come of a dialog. */
export function answerIn({ slack }: BotSite): string {
  const text = slack.calls('chat.postMessage').at(-1)?.args['text'];
  return typeof text === 'string' ? text : '';
}
