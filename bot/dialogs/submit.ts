import { Refusal } from '../../server/contracts/errors.ts';
import { changeDraft, rememberShown, useDraft, type Draft } from '../../server/services/slack/drafts.ts';
import type { Entries, Submitted } from '../entries.ts';
import type { Holder } from './kind.ts';
import { kindOf } from './kinds.ts';
import { draw, sorry, takeFields } from './show.ts';

/** Reads the fields once more, judges them by the world as it is now, and does it once; or says in the dialog why not. */
export const submitDialog: Entries['dialogSubmitted'] = async (bot, caller, place) => {
  const holder = { bot, caller };
  try {
    const draft = await takeFields(holder, place);
    return await attempt(holder, draft);
  } catch (error) {
    return { kind: 'view', dialog: sorry(holder, error) };
  }
};

async function attempt(holder: Holder, draft: Draft): Promise<Submitted> {
  const { bot, caller } = holder;
  try {
    const outcome = await kindOf(draft.input).submit(holder, draft);
    if (outcome.kind === 'errors') return outcome;
    if (outcome.kind === 'again') return await again(holder, draft, outcome.notice);
    return { kind: 'done', message: await useDraft(bot.ctx, caller.actor, draft.id, outcome.run) };
  } catch (error) {
    if (!(error instanceof Refusal) || ENDS.has(error.reason ?? '')) throw error;
    return again(holder, draft, error.message);
  }
}

/** After these there is nothing to show any more. */
const ENDS: ReadonlySet<string> = new Set(['draft_used', 'draft_expired', 'draft_of_somebody_else', 'web_only']);

async function again(holder: Holder, draft: Draft, notice: string): Promise<Submitted> {
  const { bot, caller } = holder;
  // A version of its own: what is still on its way of an older one must not take its place.
  const shown = await changeDraft(bot.ctx, caller.actor, draft.id, draft.input);
  const { dialog, seen } = await draw(holder, shown, notice);
  if (seen !== undefined) await rememberShown(bot.ctx, shown, seen);
  return { kind: 'view', dialog };
}
