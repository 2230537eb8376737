import { counted, listed } from '../../server/domain/wording.ts';
import { openRecall } from '../../server/services/recall/open.ts';
import { previewRecall } from '../../server/services/recall/preview.ts';
import { demand } from '../../server/services/verb.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Bot, Caller } from '../caller.ts';
import { escapeMrkdwn, inline } from '../cards/escape.ts';
import { jobLink } from '../dialogs/links.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { told } from './listing.ts';
import { releaseNamed, type Found } from './subject.ts';

/** Shown first, done with --confirm and a reason. Rule: section 9. */
export const recall: Handler<'recall'> = async (bot, caller, { release: name, confirm, reason }) => {
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

function requestOf({ product, release }: Found) {
  const range = { only: release.version };
  return { productId: product.id, range, except: [], strategy: { type: 'forward' as const } };
}

async function impact(bot: Bot, caller: Caller, found: Found, next: string) {
  const { product, release } = found;
  const preview = await previewRecall.run(bot.ctx, caller.actor, requestOf(found));
  const { refusal, hosts, jobs, stops, evaluations } = preview;
  if (refusal) throw new Refusal('refused', refusal.sentence, { reason: refusal.code });
  const environments = [...new Set(hosts.map(({ environment }) => environment))];
  const staying = hosts.filter(({ outcome }) => outcome !== 'starts');
  return told(
    [
      `A recall of *${inline(product.name, 80)} ${inline(release.version, 80)}* would take it out of every channel.`,
      hosts.length === 0
        ? '• No host runs it'
        : `• ${counted(hosts.length, 'host')} in ${inline(listed(environments), 400)} ${hosts.length === 1 ? 'runs' : 'run'} it`,
      ...jobs.map((job) => `• Rolls ${counted(job.hosts, 'host')} to ${inline(job.version, 80)}`),
      staying[0]?.reason
        ? `• ${counted(staying.length, 'host')} would not move at once: ${inline(staying[0].reason.sentence, 400)}`
        : null,
      stops.length === 0 ? null : `• Stops what has not started of ${listed(stops.map(({ jobId }) => `job ${jobId}`))}`,
      evaluations.length === 0 ? null : `• Ends ${counted(evaluations.length, 'evaluation')} of the pipeline`,
      escapeMrkdwn(`Nothing has been done. To recall it: ${typed(bot, caller, next)}`),
    ],
    toConsole(bot, '/recalls'),
  );
}
