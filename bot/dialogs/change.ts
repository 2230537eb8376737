import type { Entries } from '../entries.ts';
import { showDraft, sorry, takeFields } from './show.ts';

/** Stores what was picked or typed, and shows what follows from it. */
export const changeDialog: Entries['dialogChanged'] = async (bot, caller, place) => {
  const holder = { bot, caller };
  try {
    await takeFields(holder, place);
    await showDraft(holder, place.viewId, place.draftId, place.hash);
  } catch (error) {
    await bot.updateDialog(place.viewId, sorry(holder, error));
  }
};
