import { openRecall } from '../../server/services/recall/open.ts';
import { previewRecall } from '../../server/services/recall/preview.ts';
import { demand } from '../../server/services/verb.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Bot, Caller } from '../caller.ts';
import { escapeMrkdwn, inline } from '../cards/escape.ts';
import { jobLink } from '../dialogs/links.ts';
import { recallOf } from '../dialogs/recall.ts';
import { recallLines } from '../dialogs/views/recall-lines.ts';
import { opens } from './dialog.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { told } from './listing.ts';
import { releaseNamed, subjectOf, type Found } from './subject.ts';

/** Shown first, done with --confirm and a reason; without a release a dialog shows and does it. Rule: section 9. */
export const recall: Handler<'recall'> = async (bot, caller, { release: name, confirm, reason }) => {
  if (name === undefined && !confirm && (await subjectOf(bot, caller)) === null) {
    openRecall.admit(caller.actor);
    return opens(bot, caller, { dialog: 'recall', releaseId: null, reason }, { name: 'recall', given: {} });
  }
  const found = await releaseNamed(bot, caller, name, 'recall');
  const { product, release } = found;
  demand(caller.actor, 'recall.open', { product: product.name });
  const exactly = `recall ${product.name} ${release.version} --confirm`;
  if (!confirm) return impact(bot, caller, found, `${exactly} ${reason ?? 'why'}`);
  if (reason === undefined) {
    throw question(`Why? Say it behind: ${typed(bot, caller, `${exactly} why`)}.`, 'which_reason');
  }
  const { recall: opened, jobs } = await openRecall.run(bot.ctx, caller.actor, { ...requestOf(found), reason });
  return told(
    [
      `Recall ${opened.id} of ${inline(product.name, 80)} ${inline(release.version, 80)} is open: it is served nowhere while it lasts.`,
      jobs.length === 0
        ? 'No host is rolled off now.'
        : `Rolls hosts off: ${jobs.map((job) => `${jobLink(bot, job.id)} to ${inline(job.version, 80)}`).join(', ')}`,
    ],
    toConsole(bot, `/recalls/${opened.id}`),
  );
};

const requestOf = ({ product, release }: Found) => recallOf({ productId: product.id, version: release.version });

async function impact(bot: Bot, caller: Caller, found: Found, next: string) {
  const { product, release } = found;
  const preview = await previewRecall.run(bot.ctx, caller.actor, requestOf(found));
  const { refusal } = preview;
  if (refusal) throw new Refusal('refused', refusal.sentence, { reason: refusal.code });
  return told(
    [
      `A recall of *${inline(product.name, 80)} ${inline(release.version, 80)}* would take it out of every channel.`,
      ...recallLines(preview),
      escapeMrkdwn(`Nothing has been done. To recall it: ${typed(bot, caller, next)}`),
    ],
    toConsole(bot, '/recalls'),
  );
}
