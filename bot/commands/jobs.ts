import { hostTotal, dotted, jobState, jobTitle, leftOutLine, problemText } from '../cards/words.ts';
import { link, when } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import type { JobView, ProductView, TaskView } from '../../server/domain/views.ts';
import { counted } from '../../server/domain/wording.ts';
import { listTasks } from '../../server/services/job/list-tasks.ts';
import { listJobs } from '../../server/services/job/list.ts';
import { showJob } from '../../server/services/job/show.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { cardLinks } from '../../server/services/slack/fleet-counts.ts';
import type { Bot, Caller } from '../caller.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { listing, told } from './listing.ts';
import { subjectOf } from './subject.ts';

const PAGE = 100;
const CARDS = { active: 'in_progress', failed: 'failed', succeeded: 'succeeded' } as const;
const TITLES = { active: 'Jobs that have not ended', failed: 'Jobs that failed', succeeded: 'Jobs that succeeded' };

export const jobs: Handler<'jobs'> = async (bot, caller, { which }) => {
  const filter = { card: which && CARDS[which], limit: PAGE };
  const { items, next } = await listJobs.run(bot.ctx, caller.actor, filter);
  return listing({
    title: which === undefined ? 'Jobs' : TITLES[which],
    lines: await jobLines(bot, caller, items),
    more: next !== null,
    rest: toConsole(bot, '/activity', 'all jobs in the console'),
    none: which === undefined ? 'There is no job yet.' : `No job is ${which} now.`,
  });
};

/** One line for each job, escaped. */
export async function jobLines(bot: Bot, caller: Caller, items: readonly JobView[]): Promise<string[]> {
  const products = await productNames(bot, caller);
  return items.map((job) => jobLine(bot, job, products.get(job.productId) ?? ''));
}

export async function productNames({ ctx }: Bot, { actor }: Caller): Promise<ReadonlyMap<number, string>> {
  const { items } = await listProducts.run(ctx, actor, {});
  return new Map(items.map(({ id, name }: ProductView) => [id, name]));
}

function jobLine(bot: Bot, job: JobView, product: string): string {
  const total = hostTotal(job.counts);
  const done = total - job.counts.pending - job.counts.running;
  return dotted(
    `${toConsole(bot, `/jobs/${job.id}`, `#${job.id}`)} ${jobTitle(job, product)}`,
    jobState(job),
    total === 0 ? null : `${done} of ${counted(total, 'host')}`,
    countsText(job),
    `by ${inline(job.requestedBy, 60)}`,
  );
}

function countsText({ counts }: JobView): string | null {
  const bad = (['failed', 'unreachable', 'not_started', 'cancelled'] as const).filter((status) => counts[status] > 0);
  return bad.length === 0 ? null : bad.map((status) => `${counts[status]} ${status.replace('_', ' ')}`).join(', ');
}

/** One job, as an answer to what was done to it. `did`: what has happened, escaped. */
export async function jobAnswer(
  bot: Bot,
  caller: Caller,
  job: JobView,
  did: string | null,
  more: readonly string[] = [],
) {
  const product = (await productNames(bot, caller)).get(job.productId) ?? '';
  const card = (await cardLinks.run(bot.ctx, caller.actor, { of: 'job', ids: [job.id] })).get(job.id);
  return told(
    [
      did,
      jobLine(bot, job, product),
      job.waves > 1 ? `Wave ${job.wave} of ${job.waves}` : null,
      problemText(job),
      leftOutLine(job),
      ...more,
      job.reason === null ? null : `Reason: ${inline(job.reason, 500)}`,
    ],
    dotted(`asked ${when(job.createdAt)}`, card === undefined ? null : link(card, 'Its card')),
  );
}

/** The job that was named, or the one that the thread is about; else asks, with those that could be meant. */
export async function jobMeant(
  bot: Bot,
  caller: Caller,
  id: number | undefined,
  asked: { readonly command: string; readonly among: keyof typeof CARDS },
): Promise<number> {
  if (id !== undefined) return id;
  const subject = await subjectOf(bot, caller);
  if (subject) return subject.jobId;
  const { items } = await listJobs.run(bot.ctx, caller.actor, { card: CARDS[asked.among], limit: 3 });
  const products = await productNames(bot, caller);
  const shown = items.map(
    (job) =>
      `${typed(bot, caller, `${asked.command} ${job.id}`)} (${job.kind} of ${products.get(job.productId) ?? ''} ${job.version})`,
  );
  const known = shown.length > 0 ? `Perhaps ${shown.join(', ')}.` : `No job is ${asked.among} now.`;
  throw question(`Which job? Name its number. ${known}`, 'which_job');
}

const FAILING = 5;

/** One job, with the hosts that went wrong. */
export async function jobShown(bot: Bot, caller: Caller, id: number) {
  const job = await showJob.run(bot.ctx, caller.actor, { id });
  const bad = ['failed', 'unreachable'] as const;
  const pages = bad.map((status) => listTasks.run(bot.ctx, caller.actor, { id, status, limit: FAILING }));
  const tasks = (await Promise.all(pages)).flatMap(({ items }) => items);
  const left = job.counts.failed + job.counts.unreachable - Math.min(FAILING, tasks.length);
  const lines = tasks.slice(0, FAILING).map(taskLine);
  return jobAnswer(
    bot,
    caller,
    job,
    null,
    left > 0 ? [...lines, `… and ${counted(left, 'more failing host')}`] : lines,
  );
}

function taskLine({ hostName, status, step, problem }: TaskView): string {
  const where = step === null ? status.replace('_', ' ') : `${status} at ${inline(step, 40)}`;
  return `✗ ${inline(hostName, 80)} ${where}${problem === null ? '' : `: ${inline(problem.sentence, 200)}`}`;
}
