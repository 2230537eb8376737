import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobViews } from '../../db/queries/views.ts';
import { rollouts } from '../support/rollout.ts';
import type { BotSite } from '../support/slack/bot-site.ts';
import { filled, opened, openDialogSite, textOf } from '../support/slack/dialogs.ts';
import { users } from '../support/slack/workspace.ts';
import { until } from '../support/until.ts';
import { declareFleet, publish } from '../support/world.ts';

/** Through real Bolt over signed HTTP, against our own stand-in; a table that is gone for a moment stands for whatever breaks. */
let site: BotSite;
beforeAll(async () => {
  site = await openDialogSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
});
afterAll(() => site.close());

test('what breaks before anything is done costs nobody what they have entered: the dialog stays, and can be submitted again', async () => {
  const { world, slack } = site;
  await declareFleet(world, { targets: 2 });
  await publish(world, ['1.0.0']);
  await rollouts(world).download([1]);
  await site.linked(users.ana, 'Ana', 'operator');
  const ana = slack.person(users.ana);
  const view = await opened(site, ana, { dialog: 'install', releaseId: 1, hostIds: [], labels: {} });
  await filled(site, ana, view, 'targets', ['2']);
  await ana.fill(view, 'reason', 'the line stands');

  const { $client: sql } = world.ctx.db;
  await sql`alter table environment rename to environment_gone`;
  expect(await ana.submit(view)).toMatchObject({
    kind: 'errors',
    errors: { reason: expect.stringMatching(/^Nothing was done: something broke here/u) },
  });
  const before = slack.whispers(users.ana).length + slack.calls('chat.postMessage').length;
  await ana.fill(view, 'waves', '100 %');
  await until(
    'word that it broke',
    () => slack.whispers(users.ana).length + slack.calls('chat.postMessage').length > before,
  );
  expect(view.closed).toBe(false);
  expect(textOf(view)).toContain('1 host of 2 chosen');
  await sql`alter table environment_gone rename to environment`;

  for (let attempt = 0; attempt < 3 && !view.closed; attempt += 1) await ana.submit(view);
  const jobs = (await jobViews(world.ctx.db, {})).filter(({ kind }) => kind === 'install');
  expect(jobs).toMatchObject([{ reason: 'the line stands', counts: { pending: 1 } }]);
});
