/** What the demo did, as wall, console and Slack show it. Nothing is staged; ends the demo that it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import type { Camera } from './camera.ts';
import { pictureCanaries } from './canaries.ts';

const cli = join(import.meta.dirname, '../../server/cli/signalbox.ts');

/** Pages that need no number in their address; those with one are found by the links on these. */
const pages = {
  releases: '/',
  channels: '/channels',
  environments: '/environments',
  pipelines: '/pipelines',
  activity: '/activity',
  approvals: '/approvals',
  recalls: '/recalls',
  incidents: '/incidents',
  holds: '/holds',
  hosts: '/hosts',
  log: '/log',
  displays: '/displays',
  people: '/people',
  account: '/account',
  'link-slack': '/link-slack',
  'not-found': '/nothing-here',
} as const;

/** Single things, by the number that the demo's first of each kind has. */
const single = {
  release: '/releases/3',
  channel: '/channels/1',
  environment: '/environments/1',
  client: '/clients/1',
  pipeline: '/pipelines/2',
  'pipeline-edit': '/pipelines/2/edit',
  approval: '/approvals/1',
  recall: '/recalls/1',
  incident: '/incidents/1',
  host: '/hosts/1',
} as const;

export async function pictureDemo(browser: Browser, camera: Camera): Promise<void> {
  const demo = startDemo(await freePort());
  try {
    const [, link = ''] = await demo.said(/Sign in +(\S+)/);
    const context = await browser.newContext({
      viewport: { width: 1920, height: 1080 },
      baseURL: new URL(link).origin,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: 'Not now' }).waitFor();
    await camera(page, 'console-password');
    // The link leads past the choice of a password.
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const wall = await context.newPage();
    await wall.goto('/wall');
    const chat = await context.newPage();
    const canaries = pictureCanaries(demo.said, camera, context);
    const [failed] = await Promise.all([pictureStory(demo.said, camera, { wall, chat }), canaries]);
    await pictureConsole(page, camera, failed);
    await pictureOutside(browser, new URL(link).origin, camera);
    // Stopped, not ended: the line stays half-open, as with a machine that hangs.
    demo.process.kill('SIGSTOP');
    await wall.getByRole('heading', { name: 'FEED LOST' }).waitFor({ timeout: 40_000 });
    await camera(wall, 'wall-demo-feed-lost');
    await page.getByText('FEED LOST').first().waitFor({ timeout: 10_000 });
    await camera(page, 'console-feed-lost');
  } finally {
    await demo.end();
  }
}

type Said = (pattern: RegExp) => Promise<RegExpExecArray>;

/** Download, install, failure and the way back; answers with the number of the job that failed. */
async function pictureStory(said: Said, camera: Camera, { wall, chat }: Record<'wall' | 'chat', Page>) {
  // What Ana sees in Slack: her dialog, the request that Ben is about to approve, the job's card.
  await chat.goto('/demo/slack');
  await chat.getByRole('radio', { name: 'Ana Soto' }).check();
  await said(/download 4\.2\.0 succeeded/);
  await chat.getByRole('button', { name: 'Install Now (14)' }).waitFor();
  await camera(chat, 'slack-install');
  await said(/install 4\.2\.0 asked for/);
  const releases = chat.getByRole('region', { name: '#releases' });
  await releases.getByRole('button', { name: 'Approve', exact: true }).waitFor();
  await releases.getByRole('article').last().scrollIntoViewIfNeeded();
  await camera(chat, 'slack-approval');
  await wall
    .getByText(/[2-9] of 14 hosts done/)
    .first()
    .waitFor();
  await camera(wall, 'wall-demo-rollout');
  const card = releases.getByRole('article').filter({ hasText: 'Install of orders 4.2.0' }).last();
  await card.getByText(/[2-9] of 14|1[0-4] of 14/).waitFor();
  await camera(chat, 'slack-job');
  const [, failed = ''] = await said(/job (\d+) install 4\.3\.0 failed/);
  await wall.getByRole('region', { name: 'Failing and unreachable hosts' }).waitFor();
  await camera(wall, 'wall-demo-failure');
  await said(/incident 1 open/);
  await chat.getByRole('button', { name: 'incidents' }).click();
  await chat.getByRole('button', { name: /repl/ }).first().click();
  const thread = chat.getByRole('region', { name: 'Thread' });
  await thread.getByText(`Evidence of job ${failed}`).waitFor();
  await camera(chat, 'slack-incident');
  await said(/incident 1 resolved/);
  await thread.getByText('Resolved by Ana Soto').last().waitFor();
  await camera(chat, 'slack-recovered');
  return failed;
}

async function pictureConsole(page: Page, camera: Camera, failed: string): Promise<void> {
  await page.goto('/incidents/1');
  await page.getByRole('table', { name: 'Timeline of incident 1' }).waitFor();
  for (const [name, path] of Object.entries({ ...pages, ...single })) {
    await page.goto(path);
    await page.getByRole('heading').first().waitFor();
    // Pages that ask again now and then are never quite idle.
    await page.waitForLoadState('networkidle', { timeout: 1_500 }).catch(() => undefined);
    await camera(page, `console-${name}`);
  }
  await page.goto('/');
  await page.getByRole('button', { name: 'Install orders 4.3.0' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'plant-a-line-1', exact: true }).check();
  await dialog.getByRole('checkbox', { name: 'plant-b-mgmt-1', exact: true }).check();
  await dialog.getByRole('button', { name: 'Install Now (2 hosts)' }).waitFor();
  await dialog.getByRole('list', { name: 'Waves' }).waitFor();
  await camera(page, 'console-install');
  await page.goto(`/jobs/${failed}`);
  await page.getByRole('button', { name: 'Show plant-a-line-2' }).click();
  await page.getByLabel('Log of plant-a-line-2').getByText('scanner').first().waitFor();
  await camera(page, 'console-job');
  await page.goto('/activity');
  await page.getByRole('link', { name: `Job ${failed}`, exact: true }).waitFor();
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
  await camera(page, 'console-activity-light');
  await page.reload();
}

/** What somebody sees who is nobody yet: the way in, and a screen that waits to be paired. */
async function pictureOutside(browser: Browser, origin: string, camera: Camera): Promise<void> {
  const page = await (await browser.newContext({ baseURL: origin, reducedMotion: 'reduce' })).newPage();
  await page.goto('/');
  await page.getByRole('heading').first().waitFor();
  await camera(page, 'console-sign-in');
  await page.goto('/wall/pair');
  await page.getByLabel('Code').filter({ hasText: /\w/ }).waitFor();
  await camera(page, 'wall-pair');
  await page.goto('about:blank');
}

function startDemo(port: number) {
  const child = spawn(process.execPath, [cli, 'demo', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return {
    process: child,
    /** The first line that fits, said already or still to come. */
    async said(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        for (const line of lines) {
          const found = pattern.exec(line);
          if (found) return found;
        }
        if (child.exitCode !== null) throw new Error(`the demo ended and never said ${pattern}`);
        await Promise.race([once(reader, 'line'), exited]);
      }
    },
    async end() {
      child.kill('SIGCONT');
      child.kill('SIGINT');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
