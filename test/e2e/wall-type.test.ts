import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { storyOf, type Situation } from '../support/board-fixture.ts';
import { launchBrowser } from '../support/browser.ts';
import { whileLineIsDown } from '../support/line-down.ts';
import { serveFixture, type LiveFixture } from '../support/serve-fixture.ts';

let browser: Browser;
let served: LiveFixture;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => served.close());

/** Cap height of Inter as a part of its size, and the height of a 55-inch 16:9 screen in millimetres. */
const capHeight = 0.727;
const screenMm = 684.9;

/** Minutes of arc that capitals of this size span at five metres. */
function arcMinutes(px: number, viewport: number): number {
  return (((px / viewport) * screenMm * capHeight) / 5_000) * (180 / Math.PI) * 60;
}

async function wall(situation: Situation, hosts: number, size = { width: 1920, height: 1080 }, query = '') {
  const story = storyOf(situation, hosts, Date.now());
  served = await serveFixture(story.board);
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${served.origin}/wall${query}`);
  await page.getByText('LIVE', { exact: true }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  // The packaged Chromium runs in one process, which ends with its first closed context: leave the page, keep the context.
  return { page, story, complaints, close: () => page.goto('about:blank') };
}

const sizesOf = (rank: number) =>
  `[...document.querySelectorAll('[data-rank="${rank}"]')].map((e) => parseFloat(getComputedStyle(e).fontSize))`;

/** Pixels beyond the screen: to the right, below it, and of the last line. */
function overflowOf(page: Page): Promise<{ x: number; y: number; below: number }> {
  return page.evaluate(() => {
    const html = document.documentElement;
    const last = document.querySelector('main .ticker')?.getBoundingClientRect();
    const below = Math.max(0, (last?.bottom ?? 0) - innerHeight);
    return { x: html.scrollWidth - innerWidth, y: html.scrollHeight - innerHeight, below };
  });
}

describe('legible at five metres on 55 inches', () => {
  test.each(['idle', 'rollout', 'failure', 'awaiting'] as const)(
    '%s: ranks are 9, 6 and 3.5 vh, must-read at least 20′',
    async (situation) => {
      const { page, close } = await wall(situation, 12);
      // The first picture may stand for a moment without what makes the situation.
      await expect.poll(async () => new Set((await page.evaluate(sizesOf(2))) as number[])).toEqual(new Set([64.8]));
      const first = (await page.evaluate(sizesOf(1))) as number[];
      const second = (await page.evaluate(sizesOf(2))) as number[];
      expect(new Set(first)).toEqual(new Set([97.2]));
      expect(await page.evaluate('getComputedStyle(document.documentElement).fontSize')).toBe('37.8px');
      for (const px of [...first, ...second]) expect(arcMinutes(px, 1080)).toBeGreaterThanOrEqual(20);
      await close();
    },
  );

  test('a smaller screen asks for larger must-read type, and gets it', async () => {
    const { page, close } = await wall('failure', 12, undefined, '?inches=43&metres=5');
    const minutes = async () => {
      const [second] = (await page.evaluate(sizesOf(2))) as number[];
      return (arcMinutes(second ?? 0, 1080) * 43) / 55;
    };
    await expect.poll(minutes).toBeGreaterThanOrEqual(19.9);
    await close();
  });
});

describe('a wall whose line is cut', () => {
  test.each([
    ['idle', 3],
    ['everything', 300],
  ] as const)(
    '%s with %i hosts: FEED LOST has the size of a headline, and nothing leaves the screen',
    async (situation, hosts) => {
      const { page, close } = await wall(situation, hosts);
      const beats = setInterval(() => served.beat(), 1_000);
      onTestFinished(() => clearInterval(beats));
      await whileLineIsDown(page, async () => {
        await page.getByRole('heading', { name: 'FEED LOST' }).waitFor({ timeout: 40_000 });
        expect(new Set((await page.evaluate(sizesOf(1))) as number[])).toEqual(new Set([97.2]));
        for (const px of (await page.evaluate(sizesOf(2))) as number[]) {
          expect(arcMinutes(px, 1080)).toBeGreaterThanOrEqual(20);
        }
        expect(await overflowOf(page)).toEqual({ x: 0, y: 0, below: 0 });
      });
      expect(await overflowOf(page)).toEqual({ x: 0, y: 0, below: 0 });
      await close();
    },
  );
});

describe('one screen', () => {
  test.each([
    ['idle', 3],
    ['rollout', 12],
    ['failure', 60],
    ['many_unreachable', 300],
    ['failure', 10_000],
    ['recovering', 60],
    ['awaiting', 12],
    ['incident', 12],
    ['promoting', 12],
    ['everything', 60],
  ] as const)(
    '%s with %i hosts: nothing scrolls, nothing is cut off below, nothing breaks the content policy',
    async (situation, hosts) => {
      const { page, complaints, close } = await wall(situation, hosts);
      expect(await overflowOf(page)).toEqual({ x: 0, y: 0, below: 0 });
      expect(complaints).toEqual([]);
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).cursor)).toBe('none');
      await close();
    },
  );

  test('every failing host is on it by name: in a row, among the names below, or in the count of the rest', async () => {
    const { page, close } = await wall('many_unreachable', 300);
    const region = page.getByRole('region', { name: /failing/i });
    await region.getByText('and 87 more').waitFor();
    expect(await region.locator('[data-failing]').count()).toBe(3);
    expect(await region.innerText()).toContain('api-04, api-05');
    await close();
  });

  test('what waits for a person is on it beside the failing hosts, which all keep their names', async () => {
    const { page, close } = await wall('recovering', 60);
    const lines = page.getByRole('region', { name: 'Incidents, approvals and holds' });
    await expect
      .poll(() => lines.locator('li').evaluateAll((items) => items.map((item) => item.getAttribute('data-steering'))))
      .toEqual(['incident', 'approval', 'hold']);
    const failing = await page.getByRole('region', { name: /failing/i }).innerText();
    for (const name of ['api-06', 'db-06', 'queue-06', 'web-05']) expect(failing).toContain(name);
    await close();
  });

  test.each([
    ['idle', 10_000, 3],
    ['idle', 20_000, 2],
    ['failure', 20_000, 2],
    ['everything', 10_000, 2],
  ] as const)('%s with %i hosts: the map keeps squares of at least %i pixels', async (situation, hosts, least) => {
    const { page, close } = await wall(situation, hosts);
    const map = page.locator('canvas[data-cell]');
    await expect.poll(async () => Number(await map.getAttribute('data-cell'))).toBeGreaterThanOrEqual(least);
    const cut = await page.evaluate(() => {
      const jobs = document.querySelector('[aria-label="Jobs"]')!.getBoundingClientRect();
      return [...document.querySelectorAll('[data-job]')].filter(
        (job) => job.getBoundingClientRect().bottom > jobs.bottom + 1,
      ).length;
    });
    expect(cut).toBe(0);
    await close();
  });

  test('what is drawn on the canvas is also a table for those who cannot see it', async () => {
    const { page, close } = await wall('rollout', 300);
    const row = page.getByRole('row', { name: /^production/ });
    await expect.poll(() => row.getByRole('cell').allInnerTexts()).toContain('120');
    await close();
  });

  test('nothing moves for those who asked for less motion', async () => {
    const { page, close } = await wall('rollout', 12);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const moving = await page.evaluate(
      () => document.getAnimations().filter((animation) => animation.playState === 'running').length,
    );
    expect(moving).toBe(0);
    await close();
  });
});

test('the wall is less than 60 KiB over the wire, Socket.IO included, without its type', async () => {
  const { page, close } = await wall('idle', 3);
  const loaded = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname),
  );
  const dist = join(import.meta.dirname, '../../dashboard/dist');
  const assets = new Set(await readdir(join(dist, 'assets')));
  const files = loaded.filter((path) => /\.(js|css)$/.test(path) && assets.has(path.replace('/assets/', '')));
  expect(files.length).toBeGreaterThan(0);
  const sizes = await Promise.all(files.map(async (path) => gzipSync(await readFile(join(dist, path))).length));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60 * 1024);
  await close();
});
