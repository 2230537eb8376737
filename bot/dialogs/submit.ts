import { Refusal } from '../../server/contracts/errors.ts';
import { changeDraft, readDraft, rememberShown, useDraft, type Draft } from '../../server/services/slack/drafts.ts';
import type { DialogPlace, Entries, Submitted } from '../entries.ts';
import type { Dialog, Message } from '../message.ts';
import type { Holder, Outcome } from './kind.ts';
import { kindOf } from './kinds.ts';
import { draw, sorry, takeFields } from './show.ts';
import { stillOpen } from './still-open.ts';

/** Reads the fields once more, judges them by the world as it is now, and does it once; or says in the dialog why not. */
export const submitDialog: Entries['dialogSubmitted'] = async (bot, caller, place) => {
  const holder = { bot, caller };
  try {
    const draft = await takeFields(holder, place);
    const outcome = await judged(holder, draft);
    if (outcome.kind === 'go') return await go(holder, draft, outcome.run);
    return outcome.kind === 'again' ? await again(holder, draft, outcome.notice) : outcome;
  } catch (error) {
    return notDone(holder, place, error);
  }
};

/** The dialog as its draft stands, with this above everything else. */
export const redrawDialog: Entries['dialogAgain'] = async (bot, caller, draftId, notice) => {
  const holder = { bot, caller };
  return redrawn(holder, await readDraft(bot.ctx, caller.actor, draftId), notice);
};

async function judged(holder: Holder, draft: Draft): Promise<Outcome> {
  try {
    return await kindOf(draft.input).submit(holder, draft);
  } catch (error) {
    if (mendable(error)) return { kind: 'again', notice: error.message };
    throw error;
  }
}

/** After an error that nobody foresaw nobody knows what has happened: the draft stays used, and the dialog ends. */
async function go(holder: Holder, draft: Draft, run: () => Promise<Message>): Promise<Submitted> {
  const { bot, caller } = holder;
  try {
    return { kind: 'done', message: await useDraft(bot.ctx, caller.actor, draft.id, run) };
  } catch (error) {
    if (mendable(error)) return again(holder, draft, error.message);
    return { kind: 'view', dialog: sorry(holder, error) };
  }
}

/** Nothing has been done. What nobody foresaw may be over in a moment: what was entered is not lost by it. */
function notDone(holder: Holder, place: DialogPlace, error: unknown): Submitted {
  const kept = error instanceof Refusal ? null : stillOpen(place, BROKE);
  if (!kept) return { kind: 'view', dialog: sorry(holder, error) };
  holder.bot.ctx.log.error({ err: error }, 'a dialog broke before anything was done');
  return kept;
}

const BROKE = 'Nothing was done: something broke here, which is in the log of the server. Submit it again.';

function mendable(error: unknown): error is Refusal {
  return error instanceof Refusal && !ENDS.has(error.reason ?? '');
}

/** After these there is nothing to show any more. */
const ENDS: ReadonlySet<string> = new Set(['draft_used', 'draft_expired', 'draft_of_somebody_else', 'web_only']);

async function again(holder: Holder, draft: Draft, notice: string): Promise<Submitted> {
  return { kind: 'view', dialog: await redrawn(holder, draft, notice) };
}

async function redrawn(holder: Holder, draft: Draft, notice: string): Promise<Dialog> {
  const { bot, caller } = holder;
  // A version of its own: what is still on its way of an older one must not take its place.
  const shown = await changeDraft(bot.ctx, caller.actor, draft.id, draft.input);
  const { dialog, seen } = await draw(holder, shown, notice);
  if (seen !== undefined) await rememberShown(bot.ctx, shown, seen);
  return dialog;
}
