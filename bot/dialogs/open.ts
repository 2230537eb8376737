import { Refusal } from '../../server/contracts/errors.ts';
import { beginDraft } from '../../server/services/slack/drafts.ts';
import { refusedAs } from '../buttons/refused-as.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import { said } from '../caller.ts';
import type { OpenDialog } from '../entries.ts';
import type { Holder } from './kind.ts';
import { kindOf } from './kinds.ts';
import { showDraft, sorry } from './show.ts';
import { loadingDialog } from './views/ended.ts';

/**
 * Opens the dialog within the life of the trigger and answers at once; it is filled afterwards. Who may not do anywhere
 * what it is for gets the refusal instead.
 */
export const openDialog: OpenDialog = async (bot, caller, given) => {
  const holder = { bot, caller };
  const kind = kindOf(given);
  try {
    kind.admit(caller.actor);
    const input = (await kind.begin?.(holder, given)) ?? given;
    const draft = await beginDraft(bot.ctx, caller.actor, input);
    const { viewId } = await bot.openDialog(caller, loadingDialog(kind.title, draft.id));
    void fill(holder, viewId, draft.id);
    return { kind: 'opened' };
  } catch (error) {
    if (error instanceof Refusal) return said(escapeMrkdwn(refusedAs(kind.title, error)));
    throw error;
  }
};

async function fill(holder: Holder, viewId: string, draftId: string): Promise<void> {
  try {
    await showDraft(holder, viewId, draftId);
  } catch (error) {
    const { bot } = holder;
    await bot.updateDialog(viewId, sorry(holder, error)).catch((lost: unknown) => {
      bot.ctx.log.error({ err: lost }, 'a dialog could not be filled');
    });
  }
}
