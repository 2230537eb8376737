import { streamEvidence } from '../../server/services/evidence/stream.ts';
import { serverUrl } from '../../server/services/server-url.ts';
import { evidenceFile, evidenceName } from '../../server/services/slack/evidence-file.ts';
import { messageAbout } from '../../server/services/slack/messages.ts';
import { said, type Bot, type Caller, type Reply } from '../caller.ts';
import { link } from '../cards/blocks.ts';

/** The evidence archive of a job, into the thread of the card that was clicked. */
export async function uploadEvidence(bot: Bot, caller: Caller, jobId: number): Promise<Reply> {
  streamEvidence.admit(caller.actor);
  const page = link(`${serverUrl(bot.ctx.config)}/jobs/${jobId}`, `job ${jobId}`);
  const place = await threadOf(bot, caller, jobId);
  if (!place) return said(`✗ There is no thread here to put the evidence into. Download it in the console: ${page}.`);
  const content = await evidenceFile(bot.ctx, jobId);
  if (!content) return said(`✗ The evidence is too large for Slack. Download it in the console: ${page}.`);
  const file = { name: evidenceName(jobId), title: `Evidence of job ${jobId}`, content };
  const permalink = await bot.upload(place.channel, place.thread, file);
  const where = permalink === '' ? 'in the thread' : link(permalink, 'in the thread');
  return said(`▤ Everything there is about ${page} is ${where}, as one archive.`);
}

/** A click on the card itself comes from no thread: its own begins with it. */
async function threadOf({ ctx }: Bot, { channel, thread }: Caller, jobId: number) {
  if (channel !== null && thread !== null) return { channel, thread };
  const card = await messageAbout(ctx, 'job', jobId);
  return card?.channel && card.ts ? { channel: card.channel, thread: card.ts } : null;
}
