/** The wall in every situation that it has words for, each on a real server that stands still while it is pictured. */
import { chmod } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { onStage } from '../bench/stage.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { until } from '../support/until.ts';
import type { Camera } from './camera.ts';
import { makeRoots, openWallStage, type WallStage } from './stage.ts';

const patience = { forMs: 300_000 };

export async function pictureSituations(browser: Browser, camera: Camera, count: number): Promise<void> {
  await onStage(
    async (stage) => {
      await chmod(stage.folder, 0o755);
      const wallStage = await openWallStage(stage, count);
      await makeRoots(wallStage.hosts);
      const page = await wallOf(browser, wallStage);
      const take = (name: string) => camera(page, `wall-${count}-${name}`);
      await tell(wallStage, page, take);
      await page.goto('about:blank');
    },
    { durable: false },
  );
}

/** A page at the wall, live. */
export async function wallOf(browser: Browser, { server, signInLink }: WallStage): Promise<Page> {
  const page = await signedInPage(browser, { server, signInLink: () => Promise.resolve(signInLink) });
  await page.goto('/wall');
  await page.getByText('LIVE', { exact: true }).waitFor();
  return page;
}

async function tell(stage: WallStage, page: Page, take: (name: string) => Promise<void>): Promise<void> {
  const { hosts, client } = stage;
  const share = (part: number) => Math.max(1, Math.floor(hosts.length * part));
  const maxParallel = Math.max(2, share(0.15));
  const waves = [{ count: 1 }, { ppm: 1_000_000 }];
  await stage.gate(false);
  await stage.ended(await stage.install('4.1.0', { waves: [{ ppm: 1_000_000 }], maxParallel: hosts.length }));
  await page.locator('[data-tone="quiet"]').waitFor({ timeout: 60_000 });
  await take('idle');

  await stage.gate(true);
  const rollout = await stage.install('4.2.0', { waves, maxParallel, maxFailures: { count: Math.max(1, share(0.1)) } });
  const wellCount = Math.min(hosts.length - 2, share(0.45));
  for (const host of hosts.slice(0, wellCount)) await stage.letGo(host);
  await counted(stage, rollout, 'succeeded', wellCount);
  await page
    .getByText(new RegExp(`${wellCount}/`))
    .first()
    .waitFor();
  await take('rollout');

  await stage.letGo(hosts[wellCount]!, 'badly');
  await counted(stage, rollout, 'failed', 1);
  await page.getByRole('region', { name: /failing/i }).waitFor();
  await take('failure');

  for (const host of hosts.slice(wellCount + 1, wellCount + 2 + share(0.1))) await stage.letGo(host, 'badly');
  for (const host of hosts.slice(wellCount + 2 + share(0.1))) await stage.letGo(host);
  await stage.ended(rollout);
  await page.locator('[data-steering="incident"]').waitFor();
  await take('incident');

  await recover(stage);
  await client.call('holds.create', {
    scope: { product: 'orders' },
    reason: 'Stocktaking until Friday',
    strict: false,
  });
  const held = await stage.install('4.3.0', { waves, maxParallel: hosts.length });
  await page.getByText(/held/i).first().waitFor();
  await take('hold');
  const [hold] = (await client.call('holds.list', { state: 'standing', limit: 1 })).items;
  await client.call('holds.release', { id: hold!.id });
  await stage.ended(held);

  await client.call('approvalRules.save', {
    name: 'production-needs-two',
    required: 2,
    match: { actions: ['install'] },
  });
  await stage.install('4.4.0', { waves, maxParallel });
  await page
    .getByText(/awaits approval/i)
    .first()
    .waitFor();
  await take('approval');

  // Stopped, not ended: the line stays half-open, as with a machine that hangs.
  process.kill(stage.server.pid, 'SIGSTOP');
  await page.getByRole('heading', { name: 'FEED LOST' }).waitFor({ timeout: 40_000 });
  await take('feed-lost');
  process.kill(stage.server.pid, 'SIGCONT');
}

/** The incident is taken, what failed is tried again and succeeds, and the incident is over. */
async function recover(stage: WallStage): Promise<void> {
  const { client } = stage;
  await stage.gate(false);
  const [incident] = (await client.call('incidents.list', { limit: 1 })).items;
  await client.call('incidents.acknowledge', { id: incident!.id });
  await stage.ended(await stage.install('4.2.0', { waves: [{ ppm: 1_000_000 }], maxParallel: stage.hosts.length }));
  await client.call('incidents.resolve', { id: incident!.id, resolution: 'port 8443 is free again' });
}

async function counted(stage: WallStage, job: number, status: 'succeeded' | 'failed', least: number): Promise<void> {
  let seen: unknown;
  await until(
    `${least} ${status} tasks of job ${job}`,
    async () => ((seen = await stage.job(job)) as Awaited<ReturnType<WallStage['job']>>).counts[status] >= least,
    { ...patience, seen: () => seen },
  );
}
