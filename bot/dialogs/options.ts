import { readDraft } from '../../server/services/slack/drafts.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Entries } from '../entries.ts';
import { kindOf } from './kinds.ts';
import { OPTIONS_MAX } from './selection.ts';
import { FIELDS } from './views/parts.ts';

/** What somebody who types into a field may mean, best first. A draft that has ended offers nothing: its next change says so. */
export const dialogOptions: Entries['dialogOptions'] = async (bot, caller, draftId, actionId, query) => {
  try {
    const { input } = await readDraft(bot.ctx, caller.actor, draftId);
    const field = FIELDS.find((one) => one === actionId);
    if (field === undefined) return [];
    const found = await kindOf(input).options?.({ bot, caller }, input, field, query.slice(0, 200));
    return found?.slice(0, OPTIONS_MAX) ?? [];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
};
