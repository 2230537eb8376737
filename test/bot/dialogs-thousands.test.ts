import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { taskViews } from '../../db/queries/views.ts';
import type { SlackDraftInput } from '../../server/contracts/slack.ts';
import type { Person } from '../../server/demo/slack/person.ts';
import { apply } from '../support/fleet.ts';
import { rollouts } from '../support/rollout.ts';
import type { BotSite } from '../support/slack/bot-site.ts';
import { answerIn, filled, opened, openDialogSite, textOf } from '../support/slack/dialogs.ts';
import { users } from '../support/slack/workspace.ts';
import { until } from '../support/until.ts';
import { publish } from '../support/world.ts';

/** 5 000 hosts in 20 environments, through real Bolt and our stand-in. Times are for two slow shared cores. */
const HOSTS = 5_000;
const ANSWER_MS = 2_500;
let site: BotSite;
let ana: Person;
beforeAll(async () => {
  site = await openDialogSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  const { world } = site;
  const environments = Array.from({ length: 20 }, (_, index) => `plant-${index}`);
  await apply(world, {
    products: [{ name: 'orders', channels: ['stable'], entryChannels: ['stable'], feed: { folder: '/srv/feed' } }],
    environments: environments.map((name) => ({ name, subscriptions: { orders: 'stable' } })),
    hosts: Array.from({ length: HOSTS }, (_, index) => ({
      name: `host-${String(index).padStart(4, '0')}`,
      environment: environments[index % 20],
      role: index < 20 ? 'management' : 'target',
      labels: { rack: String(index % 50) },
      root: `/srv/host-${index}`,
      local: true,
    })),
  });
  await publish(world, ['1.0.0']);
  await rollouts(world).download([1]);
  await site.linked(users.ana, 'Ana', 'operator');
  ana = site.slack.person(users.ana);
});
afterAll(() => site.close());

const install: SlackDraftInput = { dialog: 'install', releaseId: 1, hostIds: [], labels: {} };

/** Milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('thousands of hosts', () => {
  test('type-ahead, labels, Select all and the plan follow within the three seconds, and all of them start', async () => {
    const took: Record<string, number> = {};
    const view = await opened(site, ana, install);
    took['type'] = await timed(() => ana.suggest(view, 'targets', 'host-49'));
    const found = await ana.suggest(view, 'targets', 'host-4999');
    expect(found).toHaveLength(1);
    took['pick'] = await timed(() => filled(site, ana, view, 'targets', [String(found[0]?.['value'])]));
    await ana.suggest(view, 'labels', 'rack=7');
    await filled(site, ana, view, 'labels', ['rack=7']);
    await filled(site, ana, view, 'all', ['on']);
    expect(textOf(view)).toContain('*Plan:* 100 hosts change');
    took['all'] = await timed(() => filled(site, ana, view, 'labels', []));
    expect(textOf(view)).toContain(`*Plan:* ${HOSTS} hosts change`);
    expect(textOf(view)).toContain('3 waves: 1 → 1249 → 3750');
    await ana.submit(view);
    await until('the job', () => answerIn(site).includes(`on ${HOSTS} hosts`));
    const [job] = await taskViews(site.world.ctx.db, { limit: 1 });
    expect(job?.jobId).toBe(2);
    if (process.env['SHOW_TIMES']) console.log(took);
    // What is handed in may take longer: then the dialog says that it is being worked on.
    for (const [what, ms] of Object.entries(took)) expect(ms, what).toBeLessThan(ANSWER_MS);
  });

  test('a rollback of all of them is shown as fast', async () => {
    const view = await opened(site, ana, { dialog: 'rollback', jobId: 2, hostIds: null, includeHealthy: false });
    const ms = await timed(() => filled(site, ana, view, 'healthy', ['on']));
    expect(textOf(view)).toContain(`0 affected`);
    expect(ms).toBeLessThan(ANSWER_MS);
    if (process.env['SHOW_TIMES']) console.log({ rollback: ms });
  });
});
