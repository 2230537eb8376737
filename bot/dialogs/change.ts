import { Refusal } from '../../server/contracts/errors.ts';
import type { Entries } from '../entries.ts';
import { showDraft, sorry, takeFields } from './show.ts';

/** Stores what was picked or typed, and shows what follows from it. Throws what nobody foresaw: the dialog stays as it is. */
export const changeDialog: Entries['dialogChanged'] = async (bot, caller, place) => {
  const holder = { bot, caller };
  try {
    await takeFields(holder, place);
    await showDraft(holder, place.viewId, place.draftId, place.hash);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await bot.updateDialog(place.viewId, sorry(holder, error));
  }
};
