import { Refusal } from '../../server/contracts/errors.ts';
import type { SlackDraftInput } from '../../server/contracts/slack.ts';
import {
  changeDraft,
  readDraft,
  rememberShown,
  versionOfDraft,
  type Draft,
} from '../../server/services/slack/drafts.ts';
import type { DialogPlace } from '../entries.ts';
import type { Dialog } from '../message.ts';
import type { Holder } from './kind.ts';
import { kindOf } from './kinds.ts';
import { entered } from './state.ts';
import { endedDialog } from './views/ended.ts';

/**
 * Fills the dialog with what its draft holds. Whoever finds a newer version leaves it to the one who made it; whoever
 * overwrote blindly looks again afterwards. So the last thing shown is the newest version, whatever overtakes what.
 */
export async function showDraft(holder: Holder, viewId: string, draftId: string, hash?: string): Promise<void> {
  const { bot, caller } = holder;
  let guard = hash;
  for (;;) {
    const draft = await readDraft(bot.ctx, caller.actor, draftId);
    const { dialog, seen } = await draw(holder, draft, null);
    if ((await versionOfDraft(bot.ctx, draftId)) !== draft.version) {
      if (guard !== undefined) return;
      continue;
    }
    if (await bot.updateDialog(viewId, dialog, guard)) {
      if (seen !== undefined) await rememberShown(bot.ctx, draft, seen);
      if (guard !== undefined || (await versionOfDraft(bot.ctx, draftId)) === draft.version) return;
    } else if (guard === undefined) return;
    guard = undefined;
  }
}

export function draw<Input extends SlackDraftInput>(holder: Holder, draft: Draft<Input>, notice: string | null) {
  return kindOf(draft.input).draw(holder, draft, notice);
}

/** What stands in the fields now, stored under a new version. */
export async function takeFields({ bot, caller }: Holder, { draftId, state }: DialogPlace): Promise<Draft> {
  const { input } = await readDraft(bot.ctx, caller.actor, draftId);
  return changeDraft(bot.ctx, caller.actor, draftId, kindOf(input).read(input, entered(state)));
}

/** What takes the place of a dialog that cannot go on. Anything but a refusal is ours to mend: it is logged, and told as such. */
export function sorry({ bot }: Holder, error: unknown): Dialog {
  if (error instanceof Refusal) return endedDialog(error.message);
  bot.ctx.log.error({ err: error }, 'a dialog broke');
  return endedDialog('Something broke here; it is in the log of the server. Try again, or use the console.');
}
