/**
 * The wall with 10 000 hosts and 1 000 changes a second in real Chromium (software rendering): frames a second and how busy
 * the main thread is, beside a page with an empty canvas and one that only receives, in the same run. Then ten simulated
 * hours of events, and the heap after a garbage collection at a tenth of them and at their end.
 * `node test/bench/wall.ts [seconds] [changes in ten hours] [hosts]`, default 20, 360000 and 10000. Needs `npm run build`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { machineState } from './stage.ts';
import type { Order } from './wall-server.ts';

const seconds = Number(process.argv[2] ?? 20);
const changes = Number(process.argv[3] ?? 360_000);
const hosts = Number(process.argv[4] ?? 10_000);
const PER_SECOND = 1_000;
const HOUR = 3_600_000;

const server = fork(new URL('wall-server.ts', import.meta.url), [String(hosts)]);
const order = (what: Order) => server.send(what);
let browser: Browser | undefined;
try {
  const { origin } = (await message(server, 'ready')) as { origin: string };
  browser = await launchBrowser();
  const before = await machineState();
  console.log(`wall: ${hosts} hosts, ${PER_SECOND} changes/s, ${seconds} s each`);
  order({ kind: 'rate', perSecond: PER_SECOND });
  for (const path of ['/empty', '/receiver', '/wall', '/receiver', '/empty']) {
    const { page, session } = await opened(browser, `${origin}${path}`);
    console.log(`  ${path.padEnd(10)} ${words(await watched(page, session))}`);
    await page.goto('about:blank');
  }
  order({ kind: 'rate', perSecond: 0 });
  await tenHours(browser, `${origin}/wall`);
  console.log(`  machine: ${before}; at the end: ${await machineState()}`);
} finally {
  await browser?.close();
  server.disconnect();
}

async function opened(browser: Browser, url: string): Promise<{ page: Page; session: CDPSession }> {
  const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
  await page.goto(url);
  if (url.endsWith('/wall')) await page.getByText('LIVE', { exact: true }).waitFor();
  const session = await page.context().newCDPSession(page);
  // What loading costs is another figure.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return { page, session };
}

interface Watched {
  framesPerS: number;
  /** Longest time between two frames, ms. */
  longestMs: number;
  /** Shares of the time: as the clock has it, and of it what the processor really worked on it. */
  busy: number;
  worked: number;
  script: number;
}

/** Frames and the clock's share first, then as long again the processor's: on a busy machine they differ. */
async function watched(page: Page, session: CDPSession): Promise<Watched> {
  let frames = { count: 0, longest: 0, ms: 1 };
  const clock = await shares(session, 'timeTicks', async () => (frames = await countFrames(page)));
  const worked = await shares(session, 'threadTicks', () => countFrames(page));
  return {
    framesPerS: (frames.count / frames.ms) * 1_000,
    longestMs: frames.longest,
    busy: clock('TaskDuration'),
    worked: worked('TaskDuration'),
    script: worked('ScriptDuration'),
  };
}

async function shares(session: CDPSession, timeDomain: 'timeTicks' | 'threadTicks', during: () => Promise<unknown>) {
  await session.send('Performance.enable', { timeDomain });
  const began = performance.now();
  const start = await metrics(session);
  await during();
  const end = await metrics(session);
  const passed = (performance.now() - began) / 1_000;
  await session.send('Performance.disable');
  return (name: string) => (end[name]! - start[name]!) / passed;
}

function countFrames(page: Page): Promise<{ count: number; longest: number; ms: number }> {
  return page.evaluate(async (ms) => {
    const began = performance.now();
    let count = 0;
    let longest = 0;
    for (let last = began; last < began + ms; count += 1) {
      const now = await new Promise<number>(requestAnimationFrame);
      if (count > 0) longest = Math.max(longest, now - last);
      last = now;
    }
    return { count, longest, ms: performance.now() - began };
  }, seconds * 1_000);
}

async function tenHours(browser: Browser, url: string): Promise<void> {
  const { page, session } = await opened(browser, url);
  const points: { at: string; bytes: number }[] = [];
  let told = 0;
  for (const [at, hours] of [
    ['10 %', 1],
    ['50 %', 4],
    ['100 %', 5],
  ] as const) {
    order({ kind: 'live', simulatedMs: hours * HOUR, changes: (changes * hours) / 10 });
    told += Number((await message(server, 'lived'))['told']);
    // The last batches are on their way, and the picture that they make.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    points.push({ at, bytes: await heap(session) });
  }
  const [first, , last] = points;
  const grown = (last!.bytes / first!.bytes - 1) * 100;
  const shown = points.map(({ at, bytes }) => `${(bytes / 2 ** 20).toFixed(1)} MB at ${at}`).join(', ');
  console.log(
    `  ten hours  ${told} activities; heap after a collection ${shown}: ${grown.toFixed(1)} % (goal: < 10 %)`,
  );
  console.log(`             ${await page.locator('[data-freshness]').getAttribute('data-freshness')}`);
}

/**
 * The least of twenty readings, each after a collection. A picture drawn between a collection and its reading is up to 1 MB
 * of new garbage: single readings of one and the same page lay between 6.2 and 7.2 MB.
 */
async function heap(session: CDPSession): Promise<number> {
  const readings: number[] = [];
  for (let times = 0; times < 20; times += 1) {
    await session.send('HeapProfiler.collectGarbage');
    readings.push((await session.send('Runtime.getHeapUsage')).usedSize);
    await new Promise((resolve) => setTimeout(resolve, 130));
  }
  return Math.min(...readings);
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function message(from: ChildProcess, kind: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [got] = (await once(from, 'message')) as [{ kind: string } & Record<string, unknown>];
    if (got.kind === kind) return got;
  }
}

function words({ framesPerS, longestMs, busy, worked, script }: Watched): string {
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  const frames = `${framesPerS.toFixed(1)} frames/s, longest ${longestMs.toFixed(0)} ms`;
  return `${frames}; main thread ${percent(worked)} of a core (script ${percent(script)}), by the clock ${percent(busy)}`;
}
