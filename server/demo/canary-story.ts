import { setTimeout as delay } from 'node:timers/promises';
import type { EvaluationView } from '../domain/views.ts';
import { listEnvironments } from '../services/environment/list.ts';
import { listEvaluations } from '../services/evaluation/list.ts';
import { requestCheck } from '../services/feed/request-check.ts';
import { listHosts } from '../services/host/list.ts';
import { listRecalls } from '../services/recall/list.ts';
import { signalboxActor } from '../services/verb.ts';
import { canaryProduct, canaryReleases, type DemoRelease } from './releases.ts';
import { productNamed, published, type Stage } from './story.ts';

const LABS = ['lab-1', 'lab-2'];

/**
 * What moves by itself beside the story of the plants: a canary that soaks for a minute and is promoted; one that turns
 * bad and is recalled; the labs rolling to the release that mends it. False: it went otherwise.
 */
export async function tellCanaries(stage: Stage, release: (added: DemoRelease) => Promise<void>): Promise<boolean> {
  const { good, bad, mended } = canaryReleases;
  const productId = await productNamed(stage, canaryProduct);
  const { say } = stage;
  const first = await judged(stage, productId, good.version);
  if (first.status !== 'promoted') return false;
  await runs(stage, productId, ['field'], good.version);

  await release(bad);
  await takeUp(stage, productId, 2);
  const second = await judged(stage, productId, bad.version);
  if (second.status !== 'recalled') return false;
  const { ctx, operator } = stage;
  const { items } = await listRecalls.run(ctx, operator, { productId, state: 'standing', limit: 1 });
  for (const { id, reason } of items) say(`${canaryProduct} recall ${id}: ${reason}`);

  await release(mended);
  await takeUp(stage, productId, 3);
  await runs(stage, productId, LABS, mended.version);
  return items.length === 1;
}

/** Where the demo goes on: the release that mends it soaks as well, and reaches the field. */
export async function tellLastCanary(stage: Stage): Promise<void> {
  const { version } = canaryReleases.mended;
  const productId = await productNamed(stage, canaryProduct);
  const { status } = await judged(stage, productId, version);
  if (status === 'promoted') await runs(stage, productId, ['field'], version);
}

/** Asks for a look at the feed, instead of waiting for its turn. */
async function takeUp(stage: Stage, productId: number, count: number): Promise<void> {
  await requestCheck.run(stage.ctx, signalboxActor, { id: productId });
  await published(stage, productId, count);
}

/** Follows the evaluation of a release to its end. */
async function judged(stage: Stage, productId: number, version: string): Promise<EvaluationView> {
  const { ctx, operator, say, signal } = stage;
  let arrived = false;
  for (;;) {
    const { items } = await listEvaluations.run(ctx, operator, { productId, limit: 20 });
    const evaluation = items.find((each) => each.version === version);
    const { measured = null } = evaluation ?? {};
    if (!arrived && measured !== null && measured.arrived === measured.selected) {
      arrived = true;
      say(`${canaryProduct} ${version} runs on ${LABS.join(' and ')}: it soaks for a minute`);
    }
    if (evaluation && evaluation.endedAt !== null) {
      const why = evaluation.reasons.map(({ sentence }) => `: ${sentence}`).join('');
      say(`${canaryProduct} ${version} ${evaluation.source} → ${evaluation.target} ${evaluation.status}${why}`);
      return evaluation;
    }
    await delay(250, undefined, { signal });
  }
}

/** Waits until every host of these environments reports the version. */
async function runs(stage: Stage, productId: number, environments: readonly string[], version: string): Promise<void> {
  const { ctx, operator, say, signal } = stage;
  const { items } = await listEnvironments.run(ctx, operator, {});
  const ids = new Set(items.filter(({ name }) => environments.includes(name)).map(({ id }) => id));
  for (;;) {
    const hosts = (await listHosts.run(ctx, operator, { limit: 500 })).items;
    const own = hosts.filter(({ environmentId }) => ids.has(environmentId));
    const there = own.filter(({ reported }) =>
      reported.some((each) => each.productId === productId && each.version === version),
    );
    if (own.length > 0 && there.length === own.length) break;
    await delay(250, undefined, { signal });
  }
  say(`${canaryProduct} ${version} runs in ${environments.join(' and ')}`);
}
