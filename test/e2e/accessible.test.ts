import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { launchBrowser } from '../support/browser.ts';
import { DAY, HOUR } from '../support/pipeline.ts';
import { keepAlive, openPipelineSite, type PipelineSite } from '../support/pipeline-site.ts';
import { recalls } from '../support/recall.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { until } from '../support/until.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The page at this address, once its content stands and no longer says that it loads. */
async function open(page: Page, path: string, heading: string | RegExp): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await expect.poll(() => page.locator('[aria-busy="true"]:not(button)').count(), { timeout: 20_000 }).toBe(0);
}

describe('a fleet at work', () => {
  let rig: Rig;
  let page: Page;

  /** 1.0.0 runs, 2.0.0 failed and left an incident, it waits for approval on another host; a hold is in force. */
  beforeAll(async () => {
    const failing = { 'post-install': 'echo "\\033[31mno disk\\033[0m" >&2; exit 7' };
    rig = await openRig({
      hosts: ['mgmt-1', 'line-1', 'line-2'],
      releases: [
        { version: '1.0.0', notes: 'Faster labels.' },
        { version: '2.0.0', hooks: failing },
      ],
    });
    const { client } = rig;
    const ended = (id: number) =>
      until(`the end of job ${id}`, async () => (await client.call('jobs.show', { id })).endedAt !== null);
    const releases = await until('both releases', async () => {
      const { items } = await client.call('releases.list', {});
      return items.length === 2 && items;
    });
    for (const { id } of releases) await ended((await client.call('releases.download', { id })).id);
    const [good, bad] = ['1.0.0', '2.0.0'].map((wanted) => releases.find(({ version }) => version === wanted)!.id);
    const hosts = (await client.call('hosts.list', {})).items;
    const [line1, line2] = ['line-1', 'line-2'].map((wanted) => hosts.find(({ name }) => name === wanted)!.id);
    const install = async (releaseId: number, hostIds: number[]) =>
      (await client.call('installs.start', { releaseId, hostIds, plan: { onFailure: 'leave' } })).id;
    await ended(await install(good!, [line1!, line2!]));
    await ended(await install(bad!, [line1!]));
    const rule = {
      name: 'four-eyes',
      match: { actions: ['install' as const] },
      required: 1,
      roles: ['approver' as const],
    };
    await client.call('approvalRules.save', rule);
    await install(bad!, [line2!]);
    await client.call('holds.create', { scope: { host: 'mgmt-1' }, reason: 'a fan is being changed' });
    page = await signedInPage(browser, rig);
  });
  afterAll(() => rig?.close());

  test.each([
    ['/releases', 'Releases'],
    ['/channels', 'Channels'],
    ['/recalls', 'Recalls'],
    ['/activity', 'Activity'],
    ['/jobs/4', /Job 4|2\.0\.0/],
    ['/approvals', 'Approvals'],
    ['/approvals/1', 'Approvals'],
    ['/incidents/1', 'Incidents'],
    ['/environments', 'Environments'],
    ['/environments/1', 'plant'],
    ['/clients/1', /./],
    ['/hosts', 'Hosts'],
    ['/hosts/2', 'Hosts'],
    ['/holds', 'Holds'],
    ['/displays', 'Displays'],
    ['/log', 'Log'],
    ['/people', 'People'],
    ['/account', /./],
    ['/nowhere', /./],
  ] as const)('axe finds nothing at %s', async (path, heading) => {
    await open(page, path, heading);
    expect(await axeFindings(page)).toEqual([]);
  });

  test('axe finds nothing in a log that is open, nor in the dialogs', async () => {
    await open(page, '/jobs/4', /./);
    await page.getByRole('button', { name: 'Show line-1' }).click();
    await page.getByLabel('Log of line-1').getByText('no disk').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    const dialogs = [
      ['/releases', 'Install orders 1.0.0'],
      ['/releases', 'Demote orders 1.0.0'],
      ['/holds', 'Put a hold'],
      ['/jobs/4', /^Roll/],
      ['/recalls', 'Recall releases'],
      ['/displays', 'Pair a display'],
    ] as const;
    for (const [path, button] of dialogs) {
      await open(page, path, /./);
      await page.getByRole('button', { name: button }).first().click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page), String(button)).toEqual([]);
    }
  });

  test('axe finds nothing while the line is down', async () => {
    await open(page, '/jobs/4', /./);
    await whileLineIsDown(page, async () => expect(await axeFindings(page)).toEqual([]));
  });

  test('axe finds nothing on the wall', async () => {
    await page.goto('/wall');
    await page.getByText('LIVE', { exact: true }).waitFor();
    expect(await axeFindings(page, ['dark'])).toEqual([]);
  });

  test('axe finds nothing where one signs in', async () => {
    const stranger = await (await browser.newContext({ baseURL: rig.server.url })).newPage();
    await stranger.goto('/');
    await stranger.getByLabel('Password').waitFor();
    expect(await axeFindings(stranger, ['dark'])).toEqual([]);
  });
});

describe('a pipeline at work', () => {
  let site: PipelineSite;
  let page: Page;

  /** 1.4.0 was recalled by its stage, 1.5.0 soaks; a second stage waits for what passes the first. */
  beforeAll(async () => {
    site = await openPipelineSite();
    const line = recalls(site.world);
    const canary = {
      ...{ source: 'dev', target: 'stable', kind: 'canary', filters: [{ withLabel: { key: 'test' } }] },
      promoteWhenHealthy: { needed: 1, duration: '9d' },
      recallWhenUnhealthy: { needed: 1, duration: '1h' },
    };
    const timed = { source: 'stable', target: 'longterm', kind: 'timed', duration: '7d' };
    const channels = ['dev', 'stable', 'longterm'];
    await line.declare({
      products: [
        {
          ...{ name: 'orders', channels, entryChannels: ['dev'], feed: { folder: '/srv/feed' } },
          pipeline: { stages: [canary, timed] },
        },
      ],
      environments: [
        { name: 'lab', labels: { test: 'yes' }, subscriptions: { orders: 'dev' } },
        { name: 'plant', subscriptions: { orders: 'dev' } },
      ],
      hosts: ['lab', 'plant'].map((environment) => ({
        ...{ name: `${environment}-1`, environment, root: `/srv/${environment}`, local: true },
      })),
    });
    await line.good(['1.3.0', '1.4.0', '1.5.0']);
    for (const hostId of [1, 2]) await line.report(hostId, '1.4.0');
    await line.say(1, 'ERROR', 30 * DAY);
    await line.follow();
    await line.pass(2 * HOUR);
    await line.follow();
    await keepAlive(site.world);
    page = await signedInPage(browser, site);
  });
  afterAll(() => site?.close());

  test.each([
    ['/pipelines/1', /Pipeline|orders/],
    ['/pipelines/1/edit', /./],
    ['/releases/3', /./],
    ['/channels/1', 'Channels'],
    ['/recalls/1', 'Recalls'],
    ['/environments', 'Environments'],
  ] as const)('axe finds nothing at %s', async (path, heading) => {
    await open(page, path, heading);
    expect(await axeFindings(page)).toEqual([]);
  });
});
