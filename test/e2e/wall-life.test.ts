import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openIncident, storyOf } from '../support/board-fixture.ts';
import { launchBrowser } from '../support/browser.ts';
import { rigOf, type Rig } from '../support/rig.ts';
import { serveFixture, type LiveFixture } from '../support/serve-fixture.ts';
import { until } from '../support/until.ts';

let browser: Browser;
let served: LiveFixture | undefined;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await served?.close();
  served = undefined;
});

const seconds = (count: number) => ({ timeout: count * 1_000 });

/** A screen without a person, paired by its code. */
async function pairedScreen(rig: Rig, settings: { views: ('overview' | 'hosts' | 'jobs')[]; rotateMs: number }) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, baseURL: rig.server.url });
  const page = await context.newPage();
  await page.goto('/wall/pair');
  const code = page.getByLabel('Code').filter({ hasText: /^\w{6}$/ });
  await code.waitFor();
  await rig.client.call('displays.pair', { code: await code.innerText(), name: 'Hall', ...settings });
  await page.waitForURL(/\/wall$/);
  await page.getByText('LIVE', { exact: true }).waitFor();
  return page;
}

/** Every view that the screen shows within this time, as the page itself sees them change; null: none. */
async function viewsSeen(page: Page, forMs: number): Promise<Set<string | null>> {
  const seen = await page.evaluate((ms) => {
    const view = () => document.querySelector('main')?.dataset['view'] ?? null;
    const views = [view()];
    new MutationObserver(() => views.push(view())).observe(document, {
      ...{ subtree: true, childList: true },
      attributeFilter: ['data-view'],
    });
    return new Promise<(string | null)[]>((resolve) => setTimeout(() => resolve(views), ms));
  }, forMs);
  return new Set(seen);
}

// Both wait for most of their time, so they do it at once.
describe.concurrent('a display', () => {
  test('turns through its views, stays at the overview while an incident is open, and turns again when somebody took it', async (own) => {
    const rig = await rigOf(own, {
      hosts: ['line-1', 'line-2'],
      releases: [{ version: '1.0.0', hooks: { 'post-install': 'exit 3' } }],
    });
    const { client } = rig;
    const page = await pairedScreen(rig, { views: ['hosts', 'jobs'], rotateMs: 5_000 });
    await page.locator('main[data-view="hosts"]').waitFor(seconds(12));
    await page.locator('main[data-view="jobs"]').waitFor(seconds(12));
    expect(await page.getByRole('region', { name: 'Hosts' }).count()).toBe(0);
    await page.locator('main[data-view="hosts"]').waitFor(seconds(12));
    expect(await page.getByRole('region', { name: 'Jobs' }).count()).toBe(0);

    const release = await until('the release', async () => (await client.call('releases.list', {})).items[0]);
    await client.call('releases.download', { id: release.id });
    const present = async () => (await client.call('releases.show', { id: release.id })).package === 'present';
    await until('the package', present);
    await client.call('installs.start', { releaseId: release.id, hostIds: [1, 2] });
    const incident = await until('the incident', async () => (await client.call('incidents.list', {})).items[0], {
      forMs: 60_000,
    });
    await page.locator('main[data-view="overview"]').waitFor(seconds(10));
    expect(await viewsSeen(page, 11_000)).toEqual(new Set(['overview']));

    await client.call('incidents.acknowledge', { id: incident.id });
    await page.locator('main:not([data-view="overview"])').waitFor(seconds(10));
    expect(await viewsSeen(page, 11_000)).toEqual(new Set(['hosts', 'jobs']));
  });

  test('that is revoked while its server is killed shows nothing when the server is back', async (own) => {
    const rig = await rigOf(own, { hosts: ['line-1'], releases: [{ version: '1.0.0' }] });
    const page = await pairedScreen(rig, { views: ['overview'], rotateMs: 30_000 });
    const port = new URL(rig.server.url).port;
    const [display] = (await rig.client.call('displays.list', {})).items;
    expect(display).toMatchObject({ name: 'Hall' });
    expect(Date.now() - (display?.lastSeenAt ?? 0)).toBeLessThan(120_000);
    expect(await rig.server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await page.getByText('RECONNECTING').first().waitFor();
    await rig.restart({ SIGNALBOX_PORT: port });
    await rig.client.call('displays.revoke', { id: display!.id });
    await page.getByRole('heading', { name: 'NOT SIGNED IN' }).waitFor(seconds(60));
    const answer = await page.evaluate(() => fetch('/api/v1/board').then(({ status }) => status));
    expect(answer).toBe(401);
  });
});

describe('a wall that is left alone', () => {
  async function wall(situation: Parameters<typeof storyOf>[0], options: { query?: string; build?: string } = {}) {
    const story = storyOf(situation, 12, Date.now());
    served = await serveFixture(story.board, { build: options.build });
    const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
    await page.addInitScript(() => {
      const own = globalThis as { tones?: number };
      own.tones = 0;
      const { start } = OscillatorNode.prototype;
      OscillatorNode.prototype.start = function (...args) {
        own.tones! += 1;
        return start.apply(this, args);
      };
    });
    await page.goto(`${served.origin}/wall${options.query ?? ''}`);
    await page.getByText('LIVE', { exact: true }).waitFor();
    const tones = () => page.evaluate(() => (globalThis as { tones?: number }).tones);
    return { page, story, tones, close: () => page.goto('about:blank') };
  }

  test('loads itself again when the server serves another build, and only once for that build', async () => {
    const { page, close } = await wall('idle', { build: 'another-build' });
    await expect.poll(() => served!.snapshots, seconds(20)).toBe(2);
    await page.getByText('LIVE', { exact: true }).waitFor();
    for (let beats = 0; beats < 3; beats += 1) served!.beat();
    await page.waitForFunction(() => performance.now() > 4_000);
    expect(served!.snapshots).toBe(2);
    await close();
  });

  test('is silent unless its address asks for sound', async () => {
    const { page, tones, close } = await wall('incident');
    await page.locator('[data-steering="incident"]').waitFor();
    expect(await tones()).toBe(0);
    await close();
  });

  test('sounds for an incident once, and no more once somebody took it', async () => {
    const { page, story, tones, close } = await wall('incident', { query: '?sound=on' });
    await page.locator('[data-steering="incident"]').waitFor();
    await expect.poll(tones, seconds(10)).toBe(2);
    const taken = { status: 'acknowledged', acknowledgedAt: Date.now(), acknowledgedBy: 'Ana' } as const;
    served!.publish([openIncident(story, 3, 42, taken)]);
    await page.locator('[data-steering="incident"]').waitFor({ state: 'detached' });
    expect(await tones()).toBe(2);
    await close();
  });

  test('shows no pointer, moves nothing but itself a little, and uses its own type with figures of one width', async () => {
    const { page, close } = await wall('rollout');
    const said = await page.evaluate(async () => {
      await document.fonts.ready;
      const main = getComputedStyle(document.querySelector('main')!);
      const [x = '0'] = main.translate.split(' ');
      const files = performance.getEntriesByType('resource').map(({ name }) => new URL(name));
      return {
        cursor: getComputedStyle(document.documentElement).cursor,
        moved: Math.abs(parseFloat(x)),
        figures: getComputedStyle(document.querySelector('time')!).fontVariantNumeric,
        loaded: [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family),
        foreign: files.filter(({ origin }) => origin !== location.origin).length,
      };
    });
    expect(said).toMatchObject({ cursor: 'none', figures: 'tabular-nums', foreign: 0 });
    expect(said.moved).toBeLessThan(10.8);
    expect(said.loaded.map((family) => family.replaceAll('"', ''))).toEqual(
      expect.arrayContaining(['Inter Variable', 'JetBrains Mono Variable']),
    );
    await close();
  });
});
