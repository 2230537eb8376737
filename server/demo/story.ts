import { setTimeout as delay } from 'node:timers/promises';
import type { JobPlan, JobView } from '../domain/views.ts';
import { jobHasEnded } from '../domain/task-transition.ts';
import type { Context } from '../services/context.ts';
import { listHolds } from '../services/hold/list.ts';
import { listIncidents } from '../services/incident/list.ts';
import { startInstall } from '../services/install/start.ts';
import { listEnvironments } from '../services/environment/list.ts';
import { listHosts } from '../services/host/list.ts';
import { listJobs } from '../services/job/list.ts';
import { showJob } from '../services/job/show.ts';
import { listTasks } from '../services/job/list-tasks.ts';
import { listProducts } from '../services/product/list.ts';
import { listReleases } from '../services/release/list.ts';
import { requestDownload } from '../services/release/request-download.ts';
import type { Actor } from '../services/verb.ts';
import type { InSlack } from './in-slack.ts';
import { ana, ben, slackChannels } from './people.ts';
import { isPlant } from './fleet.ts';
import { product, releases } from './releases.ts';

type Say = (line: string) => void;

/** How long an incident stands on the wall before somebody takes it, so that whoever watches can read it. */
const readingMs = 6_000;

/** What the story needs of its stage. */
export interface Stage {
  readonly ctx: Context;
  /** Ana, who operates: the log names her. */
  readonly operator: Actor;
  readonly slack: InSlack;
  readonly say: Say;
  readonly signal: AbortSignal;
}

interface Scene {
  version: string;
  /** Where it is asked for; everything is approved in Slack. */
  from: 'console' | 'slack';
  expected: 'succeeded' | 'failed';
  reason: string;
  plan?: Partial<JobPlan>;
}

/** Download, install in waves, a release that really fails on one host and halts, the way back. False: it went otherwise. */
export async function tellStory(stage: Stage): Promise<boolean> {
  const { ctx, operator, slack, say } = stage;
  const productId = await productNamed(stage, product);
  const ids = await published(stage, productId, releases.length);
  const hostIds = await hostsOfPlants(stage);
  const scenes = [
    { version: '4.1.0', from: 'console', expected: 'succeeded', reason: 'first installation of the line' },
    { version: '4.2.0', from: 'slack', expected: 'succeeded', reason: 'faster label printing' },
    // Left as it is where it fails, so that there is something to take back.
    { version: '4.3.0', from: 'console', expected: 'failed', reason: 'new scanner', plan: { onFailure: 'leave' } },
  ] as const satisfies readonly Scene[];
  let asExpected = true;
  let last = 0;
  for (const { version, from, expected, reason, plan } of scenes as readonly Scene[]) {
    const releaseId = ids.get(version) as number;
    const download = await requestDownload.run(ctx, operator, { id: releaseId });
    await ended(stage, download.id);
    if (from === 'slack') await installInSlack(stage, version, reason);
    else await startInstall.run(ctx, operator, { releaseId, hostIds, reason, plan });
    const install = await newestJob(stage, productId, download.id);
    say(`job ${install.id} install ${version} asked for by ${operator.name}: it waits for ${ben.realName} in Slack`);
    await slack.press(ben, slackChannels.releases.id, 'approval.approve');
    const end = await ended(stage, install.id);
    asExpected &&= end.status === expected;
    await tellTrouble(stage, end);
    last = install.id;
  }
  return (await recover(stage, productId, last)) && asExpected;
}

/** The dialog that an operator gets for `/release install`: every host, and why. */
async function installInSlack({ slack }: Stage, version: string, reason: string): Promise<void> {
  const command = `install ${product} ${version}`;
  await slack.fillAfter(ana, slackChannels.releases.id, command, { all: ['on'], reason });
}

/** What an operator does then, in the incident's thread: takes it, rolls back, and closes it when the host is well. */
async function recover(stage: Stage, productId: number, jobId: number): Promise<boolean> {
  const { ctx, operator, slack, say, signal } = stage;
  const { items } = await listIncidents.run(ctx, operator, { limit: 10 });
  const incident = items.find((item) => item.jobId === jobId);
  if (!incident) return false;
  const { id: thread } = slackChannels.incidents;
  say(`incident ${incident.id} open: ${incident.cause.sentence}`);
  await delay(readingMs, undefined, { signal });
  if (await slack.press(ana, thread, 'incident.acknowledge')) {
    say(`incident ${incident.id} acknowledged by ${operator.name} in Slack`);
  }
  if (await slack.press(ana, thread, 'incident.rollback')) {
    await slack.fill(ana, { reason: 'back to what was good' });
  }
  const end = await ended(stage, (await newestJob(stage, productId, jobId)).id);
  const { items: holds } = await listHolds.run(ctx, operator, { state: 'standing', limit: 10 });
  for (const { id, reason } of holds) say(`hold ${id} stays until somebody releases it: ${reason}`);
  if (await slack.press(ana, thread, 'incident.resolve')) {
    await slack.fill(ana, { resolution: 'rolled back; the driver is on order' });
  }
  say(`incident ${incident.id} resolved`);
  return end.status === 'succeeded';
}

async function hostsOfPlants({ ctx, operator }: Stage): Promise<number[]> {
  const { items: environments } = await listEnvironments.run(ctx, operator, {});
  const plants = new Set(environments.filter(({ name }) => isPlant(name)).map(({ id }) => id));
  const { items } = await listHosts.run(ctx, operator, { limit: 500 });
  return items.filter(({ environmentId }) => plants.has(environmentId)).map(({ id }) => id);
}

/** The one of the product that somebody has just asked for, after this one. */
async function newestJob({ ctx, operator, signal }: Stage, productId: number, after: number): Promise<JobView> {
  for (;;) {
    const { items } = await listJobs.run(ctx, operator, { limit: 50 });
    const job = items.find((each) => each.productId === productId);
    if (job && job.id > after) return job;
    await delay(100, undefined, { signal });
  }
}

export async function productNamed({ ctx, operator }: Stage, name: string): Promise<number> {
  const { items } = await listProducts.run(ctx, operator, {});
  const found = items.find((each) => each.name === name);
  if (!found) throw new Error(`The fleet file of the demo declares no product ${name}.`);
  return found.id;
}

/** Ids by version, once so many are published: the feed check finds them, a moment after they are in the feed. */
export async function published(stage: Stage, productId: number, count: number): Promise<Map<string, number>> {
  const { ctx, operator, signal } = stage;
  for (;;) {
    const { items } = await listReleases.run(ctx, operator, { productId, limit: 100 });
    const products = (await listProducts.run(ctx, operator, {})).items;
    const problem = products.find(({ id }) => id === productId)?.feedProblem;
    if (problem) throw new Error(problem.sentence);
    if (items.length >= count) return new Map(items.map(({ version, id }) => [version, id]));
    await delay(100, undefined, { signal });
  }
}

async function ended({ ctx, operator, say, signal }: Stage, id: number): Promise<JobView> {
  for (;;) {
    const job = await showJob.run(ctx, operator, { id });
    if (jobHasEnded(job.status)) {
      say(`job ${id} ${job.kind} ${job.version} ${job.status}${countsOf(job)}`);
      return job;
    }
    await delay(100, undefined, { signal });
  }
}

function countsOf({ kind, counts }: JobView): string {
  if (kind === 'download') return '';
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  return ` (${shown.map(([status, count]) => `${count} ${status.replace('_', ' ')}`).join(', ')})`;
}

async function tellTrouble({ ctx, operator, say }: Stage, job: JobView): Promise<void> {
  if (job.problem) say(`  ${job.problem.sentence}`);
  const { items } = await listTasks.run(ctx, operator, { id: job.id, status: 'failed', limit: 10 });
  for (const task of items) say(`  ${task.hostName}: ${task.problem?.sentence ?? task.status}`);
}
