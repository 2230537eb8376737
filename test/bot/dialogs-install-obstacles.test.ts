import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { jobViews } from '../../db/queries/views.ts';
import { environment, release } from '../../db/schema/index.ts';
import type { Person } from '../../server/demo/slack/person.ts';
import { ALWAYS_OPEN, WEEKDAYS } from '../../server/domain/windows.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import { rollouts } from '../support/rollout.ts';
import type { BotSite } from '../support/slack/bot-site.ts';
import { filled, opened, openDialogSite, textOf } from '../support/slack/dialogs.ts';
import { input, installFleet } from '../support/slack/install-dialog.ts';
import { users } from '../support/slack/workspace.ts';
import { declareFleet, publish, type World } from '../support/world.ts';

/** What stands in the way of an install, and the ways past it that the dialog offers. */
let site: BotSite;
let world: World;
let ana: Person;
beforeAll(async () => {
  site = await openDialogSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  world = site.world;
  ana = site.slack.person(users.ana);
});
beforeEach(() => site.linked(users.ana, 'Ana', 'operator'));
afterEach(async () => {
  for (const view of site.slack.workspace.views.values()) view.closed = true;
  await world.clear();
});
afterAll(() => site.close());

const installs = async () => (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind === 'install');

/** 3 is wanted on hosts that run 1; 2 lies between and must not be skipped. */
async function requiredBetween(): Promise<void> {
  await declareFleet(world, { targets: 2 });
  await publish(world, ['1.0.0', '1.5.0', '2.0.0']);
  const steps = rollouts(world);
  await steps.download([1, 2, 3]);
  await steps.install(1, [1, 2]);
  await steps.finish();
  await world.ctx.db.update(release).set({ required: true }).where(eq(release.id, 2));
}

describe('break-glass', () => {
  const seen = 'Pass what is required, once, for this plan';

  test('is offered to an admin alone, where only required releases refuse, and needs its own reason', async () => {
    await requiredBetween();
    const plain = await opened(site, ana, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(plain)).toContain('Required releases in between: 1.5.0');
    expect(textOf(plain)).not.toContain(seen);
    await site.linked(users.cleo, 'Cleo', 'admin');
    const cleo = site.slack.person(users.cleo);
    const view = await opened(site, cleo, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).toContain(seen);
    await filled(site, cleo, view, 'glass', ['on']);
    expect(textOf(view)).toContain('Passed by break-glass on line-1');
    expect(await cleo.submit(view)).toEqual({ kind: 'incomplete', blocks: ['glassReason'] });
    await cleo.fill(view, 'glassReason', 'line 1 is down');
    expect(await cleo.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = (await installs()).filter(({ releaseId }) => releaseId === 3);
    expect(job?.brokenGlass).toMatchObject({ by: 'Cleo', reason: 'line 1 is down' });
  });

  test('is not offered where anything else refuses', async () => {
    await requiredBetween();
    await demoteRelease.run(world.ctx, world.operator, { id: 3, channel: 'stable', reason: 'it breaks' });
    await site.linked(users.cleo, 'Cleo', 'admin');
    const view = await opened(site, site.slack.person(users.cleo), input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).not.toContain(seen);
  });
});

describe('maintenance windows', () => {
  /** Open for an hour, in another part of the week. */
  async function closedWindow(): Promise<void> {
    await installFleet(world);
    const day = new Date(world.time.now + 2 * 86_400_000).toLocaleDateString('en', {
      weekday: 'short',
      timeZone: 'UTC',
    });
    const days = [WEEKDAYS.find((each) => each === day.toLowerCase())!];
    const windows = { timeZone: 'UTC', windows: [{ days, start: '02:00', end: '03:00' }] };
    await world.ctx.db.update(environment).set({ windows });
  }

  test('that are closed are shown with the plan: left as they are, the job waits for them', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    expect(textOf(view)).toContain('‖ 1 host would wait: ');
    expect(textOf(view)).toContain('Install outside of the window');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job).toMatchObject({ windowOverride: null, startedAt: null });
  });

  test('are passed with a reason that is asked for', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await filled(site, ana, view, 'override', ['on']);
    expect(textOf(view)).toContain('△ Passed 1 host would have waited: ');
    expect(await ana.submit(view)).toEqual({ kind: 'incomplete', blocks: ['overrideReason'] });
    await ana.fill(view, 'overrideReason', 'line 1 is down');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const [job] = await installs();
    expect(job).toMatchObject({ windowOverride: 'line 1 is down' });
  });

  test('that open while somebody reads ask for a new look', async () => {
    await closedWindow();
    const view = await opened(site, ana, input({ hostIds: [2] }));
    await world.ctx.db.update(environment).set({ windows: ALWAYS_OPEN });
    expect(await ana.submit(view)).toEqual({ kind: 'updated' });
    expect(textOf(view)).toContain('This is not the plan that you saw');
    expect(textOf(view)).not.toContain('Install outside of the window');
  });
});

describe('a required release between', () => {
  test('is offered as a path: one job for each, the later one after the earlier', async () => {
    await requiredBetween();
    const view = await opened(site, ana, input({ releaseId: 3, hostIds: [1] }));
    expect(textOf(view)).toContain('Path by the required releases:* 1.5.0 (1 host) → 2.0.0 (1 host), a job for each');
    await filled(site, ana, view, 'path', ['on']);
    expect(textOf(view)).toContain('Install Now (1)');
    await ana.fill(view, 'reason', 'by way of 1.5.0');
    expect(await ana.submit(view)).toEqual({ kind: 'cleared' });
    const legs = (await installs()).filter(({ releaseId }) => releaseId !== 1).toSorted((a, b) => a.id - b.id);
    expect(legs).toMatchObject([
      { version: '1.5.0', afterJobId: null, reason: 'by way of 1.5.0' },
      { version: '2.0.0', afterJobId: legs[0]?.id, reason: 'by way of 1.5.0' },
    ]);
  });
});
