import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pipelineViews } from '../../db/queries/pipeline-views.ts';
import { launchBrowser } from '../support/browser.ts';
import { DAY } from '../support/pipeline.ts';
import { keepAlive, letPass, openPipelineSite, tellLine, type PipelineSite } from '../support/pipeline-site.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let browser: Browser;
let site: PipelineSite;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
  site = await openPipelineSite();
  await tellLine(site);
  page = await signedInPage(browser, site);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

const graph = (name: string) => page.getByRole('region', { name });
const stage = (name: string) => page.getByRole('region', { name: `Stage ${name}`, exact: true });
const told = (locator: Locator) => locator.innerText().then((text) => text.replaceAll(/\s+/g, ' '));

describe('what people see of a pipeline', () => {
  beforeEach(() => page.goto('/pipelines'));

  test('the graph has every channel with its releases and who runs them, and the stages between', async () => {
    const picture = graph('Pipeline of orders');
    const canary = picture.getByRole('region', { name: 'Channel canary' });
    await canary.waitFor();
    expect(await told(canary)).toMatch(/^canary 3 environments follow 1\.6\.0 2 on 1 upgrading 1\.5\.0/);
    await canary.getByRole('img', { name: 'recalled' }).waitFor();
    expect(await told(picture.getByRole('region', { name: 'Channel edge' }))).toContain('1.4.0 1 on');
    expect(await told(picture.getByRole('region', { name: 'Stage canary → stable' }))).toBe(
      'Canary 60% healthy for 3 d more than 2 test entities recall: 1 unhealthy for 4 h 1.6.0 being evaluated'.replace(
        '60%',
        '60 %',
      ),
    );
    expect(await picture.getByRole('region', { name: /^Stage/ }).count()).toBe(4);
  });

  test('the same as tables, with every release and every rule', async () => {
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    const channels = page.getByRole('table', { name: 'Channels and their releases' });
    const row = channels.getByRole('row', { name: /1\.6\.0.* 2 1$/ });
    await row.waitFor();
    expect(await channels.getByRole('rowheader').allInnerTexts()).toEqual([
      'dev',
      'canary',
      'stable',
      'longterm',
      'edge',
    ]);
    const stages = page.getByRole('table', { name: 'Stages', exact: true });
    expect(await told(stages.getByRole('row', { name: /canary → stable/ }))).toContain('with tier=test');
  });

  test('every release at a stage says why not yet, and when at the earliest', async () => {
    const rows = page.getByRole('table', { name: /Releases at the stages/ });
    const timed = rows.getByRole('row', { name: /1\.6\.0 canary → edge/ });
    await timed.getByText('The release lacks the label edge-ready.').waitFor();
    await timed.getByText('not by the clock alone').waitFor();
    await rows
      .getByRole('row', { name: /1\.7\.0 dev → canary/ })
      .getByText('2026-03-10 08:00:00')
      .waitFor();
  });

  test('the address of a product without a pipeline offers to configure one', async () => {
    await page.getByRole('link', { name: /^scanner/ }).click();
    await page.getByRole('button', { name: 'Configure pipeline' }).waitFor();
    await page.getByText('No stage yet').waitFor();
  });
});

describe('the way of a release', () => {
  test('a release that soaks: each requirement with its numbers, each test entity with its soak against both thresholds', async () => {
    await page.goto('/pipelines');
    await graph('Pipeline of orders').getByRole('region', { name: 'Stage canary → stable' }).getByRole('link').click();
    await page.locator('[data-banner="being_evaluated"]').waitFor();
    const panel = stage('canary → stable');
    const requirements = panel.getByRole('table', { name: 'Requirements of the stage' });
    await requirements.waitFor();
    expect(
      await requirements
        .locator('tr[data-requirement]')
        .evaluateAll((all) => all.map((row) => row.getAttribute('data-requirement'))),
    ).toEqual(['too_few_entities', 'not_enough_healthy', 'window_closed', 'held']);
    expect(await told(requirements)).toContain('0 of 2 needed entities healthy; 2 of 3 selected run the release.');
    await panel.getByText('Earliest promotion').waitFor();
    const soaks = panel.getByRole('table', { name: 'Test entities and their soak' });
    const labB = soaks.getByRole('row', { name: /^lab-b/ });
    const bar = await labB.getByRole('img', { name: /^Soak of lab-b/ }).getAttribute('aria-label');
    expect(bar).toMatch(/healthy .*, unhealthy 20 min, neutral 5 h, cut out 2 d/);
    expect(await told(labB)).toMatch(/≥ 95 %.*> 5 %/);
    await soaks
      .getByRole('row', { name: /^lab-c/ })
      .getByText('Upgrading')
      .waitFor();
    await labB.getByText('pinned').waitFor();
  });

  test('its stages are chosen by keyboard, in the graph and in the table', async () => {
    const edge = page.getByRole('button', { name: /^Stage canary → edge/ });
    await edge.focus();
    await page.keyboard.press('Enter');
    await stage('canary → edge').getByText('The release lacks the label edge-ready.').waitFor();
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    const table = page.getByRole('table', { name: 'Stages of 1.6.0' });
    await table.getByRole('button', { name: 'dev → canary' }).press('Enter');
    await stage('dev → canary').getByText('Promoted', { exact: true }).waitFor();
  });

  test('one that its canary recalled says so, who was unhealthy, and offers no promotion', async () => {
    await page.goto('/releases/2');
    const banner = page.locator('[data-banner="recalled"]');
    await banner.getByText('The release is recalled.').waitFor();
    expect(await told(banner)).toContain('1 of 3 test entities unhealthy; 1 recall the release.');
    await stage('canary → stable')
      .getByRole('row', { name: /^lab-b/ })
      .getByText('Unhealthy', { exact: true })
      .waitFor();
    const promote = page.getByRole('button', { name: 'Promote by hand' });
    expect(await promote.getAttribute('aria-disabled')).toBe('true');
  });

  test('what has passed all it was judged for is not called stopped', async () => {
    await page.goto('/releases/1');
    await page.locator('[data-banner="passed"]').waitFor();
  });
});

describe('what people do', () => {
  const dialog = () => page.getByRole('dialog');

  test('a pause says whose it is and why, until somebody resumes', async () => {
    await page.goto('/pipelines/1');
    await whileLineIsDown(page);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const confirm = dialog().getByRole('button', { name: 'Pause pipeline' });
    expect(await confirm.getAttribute('aria-disabled')).toBe('true');
    await dialog().getByLabel('Reason').fill('Stocktaking');
    await confirm.click();
    const note = page.getByRole('note', { name: 'Paused' });
    await note.getByText('“Stocktaking”').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await note.waitFor({ state: 'detached' });
  });

  test('a promotion by hand is refused in the words of the rule, and otherwise is on the channel', async () => {
    await page.goto('/releases/3');
    await page.getByRole('button', { name: 'Promote by hand' }).click();
    await dialog().getByLabel('To channel').selectOption('edge');
    await dialog().getByLabel('Reason').fill('The shift cannot wait');
    await dialog().getByRole('button', { name: 'Promote to edge' }).click();
    await dialog()
      .getByRole('note', { name: 'Problem' })
      .getByText(/edge-ready/)
      .waitFor();
    await dialog().getByLabel('To channel').selectOption('stable');
    await dialog().getByRole('button', { name: 'Promote to stable' }).click();
    await page.getByText('orders 1.6.0 is on stable.').waitFor();
    await stage('canary → stable').getByText('Promoted', { exact: true }).first().waitFor();
    await stage('canary → stable').getByText('“The shift cannot wait”').waitFor();
    expect(await site.line.on('stable')).toEqual(['1.4.0', '1.6.0']);
  });

  test('a release is recalled from its own page, with what that would do; who may not sees why', async () => {
    await page.goto('/releases/4');
    await page.getByRole('button', { name: 'Recall', exact: true }).click();
    expect(await dialog().getByLabel('Release', { exact: true }).inputValue()).toBe('1.7.0');
    await dialog()
      .getByRole('region', { name: 'What this recall does' })
      .getByText(/1\.7\.0/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    const viewer = await signedInPage(browser, site, undefined, { name: 'Vic', roles: ['viewer'] });
    await viewer.goto('/releases/4');
    const recall = viewer.getByRole('button', { name: 'Recall', exact: true });
    await recall.waitFor();
    expect(await recall.getAttribute('aria-disabled')).toBe('true');
    expect(await recall.getAttribute('title')).toMatch(/operator/);
    await viewer.context().close();
  });

  test('a decision is reopened with a reason, and what it was stays in the history', async () => {
    await page.goto('/releases/2');
    await stage('canary → stable').getByRole('button', { name: 'Reopen' }).click();
    await dialog().getByLabel('Reason').fill('The probe was wrong');
    await dialog().getByRole('button', { name: 'Reopen' }).click();
    const history = stage('canary → stable').getByRole('table', { name: 'Earlier chapters of this evaluation' });
    await history.getByText('it was reopened by Ana: “The probe was wrong”').waitFor();
  });

  test('the page of a host says where automation would take it, and every reason why not', async () => {
    await site.line.look();
    await page.goto('/hosts?environment=plant-berlin');
    const environment = page.getByRole('region', { name: 'Environment plant-berlin' });
    await environment.getByText('Sat, Sun 22:00–04:00 of the next day, Europe/Berlin').waitFor();
    await environment.getByRole('link', { name: 'plant-berlin-1' }).first().click();
    const automatic = page.getByRole('region', { name: 'Automatic installs' });
    await automatic.getByText(/maintenance window of plant-berlin/).waitFor();
    expect(await told(automatic)).toContain('1.6.0');
  });
});

describe('the form', () => {
  const fields = (at: number) => page.getByRole('group', { name: new RegExp(`^Stage ${at}:`) });

  beforeEach(async () => {
    await page.goto('/pipelines/1/edit');
    await fields(4).waitFor();
  });

  test('a fault stands at its field, in the drawing, and keeps the form from being sent', async () => {
    const save = page.getByRole('button', { name: 'Save pipeline' });
    const soaked = fields(2).getByRole('group', { name: 'Promote when healthy' }).getByLabel('Soaked for');
    await soaked.fill('14d');
    await fields(2).getByText('Duration lies outside 0 s to 13 d.').waitFor();
    expect(await soaked.getAttribute('aria-invalid')).toBe('true');
    await graph('Drawing of the pipeline')
      .getByRole('link', { name: 'Stage 2: canary → stable, has a fault' })
      .waitFor();
    expect(await save.getAttribute('aria-disabled')).toBe('true');
    await soaked.fill('3d');
    await expect.poll(() => soaked.getAttribute('aria-invalid')).toBe(null);

    await fields(4).getByLabel('Target channel').selectOption('dev');
    await fields(4)
      .getByText(/The stages form a cycle: .*dev/)
      .waitFor();
  });

  test('the filters show at once what they select', async () => {
    const selected = page.getByRole('group', { name: 'Selected by the filters of stage 2' });
    await selected.getByText('3 of 6 entities selected').waitFor();
    await fields(2).getByRole('button', { name: 'Add filter' }).click();
    await fields(2).getByText('Name the label.').waitFor();
    await fields(2).getByRole('combobox', { name: 'Filter 2' }).selectOption('Exclude environments');
    await fields(2).getByLabel('Environments of filter 2').fill('lab-b, lab-c');
    await selected.getByText('1 of 6 entities selected').waitFor();
  });

  test('what is saved is what the database has and the graph shows', async () => {
    await page.getByRole('button', { name: 'Remove stage 3' }).click();
    await fields(2).getByRole('group', { name: 'Promote when healthy' }).getByLabel('Entities healthy').fill('2');
    await page.getByLabel('Unhealthy threshold').fill('0.1');
    await page.getByRole('radio', { name: /^Freeze/ }).check();
    await page.getByLabel('Frozen for').fill('12h');
    await page.getByLabel('Time zone of the windows').fill('Asia/Kolkata');
    await page.getByRole('button', { name: 'Save pipeline' }).click();
    await page.waitForURL(/\/pipelines\/1$/);
    await page.getByText('The pipeline of orders counts from the next look on.').waitFor();
    await page.getByText(/Mon–Fri 09:00–16:00, Asia\/Kolkata/).waitFor();
    await expect.poll(() => page.getByRole('region', { name: /^Stage .* → / }).count()).toBe(3);
    const [saved] = await pipelineViews(site.world.ctx.db, {});
    expect(saved).toMatchObject({
      unhealthyPpm: 100_000,
      recallPolicy: { type: 'freeze', forMs: 43_200_000 },
      windows: { timeZone: 'Asia/Kolkata' },
      stages: [{ kind: 'timed' }, { promoteWhenHealthy: { needed: { count: 2 } } }, { excludeWeekends: true }],
    });
  });
});

test.each(['dark', 'light'])('assistive technology finds no fault on any of the pages: %s', async (theme) => {
  await page.evaluate((name) => localStorage.setItem('signalbox.theme', name), theme);
  for (const path of [
    '/pipelines',
    '/pipelines?view=table',
    '/releases/3',
    '/releases/2?view=table',
    '/pipelines/1/edit',
  ]) {
    await page.goto(path);
    await page.getByRole('main').getByRole('heading', { level: 2 }).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  }
});

test('what can no longer pass is said as soon as it is certain, and why', async () => {
  const other = await openPipelineSite();
  try {
    const { world, line } = other;
    const stage = {
      source: 'dev',
      target: 'stable',
      kind: 'canary',
      promoteWhenHealthy: { needed: 1, duration: '13d' },
    };
    const feed = { folder: '/srv/feed' };
    const pipeline = { stages: [stage], excludeWeekends: false };
    await line.declare({
      products: [{ name: 'orders', channels: ['dev', 'stable'], entryChannels: ['dev'], feed, pipeline }],
      environments: [{ name: 'lab', subscriptions: { orders: 'dev' } }],
      hosts: [{ name: 'lab-1', environment: 'lab', root: '/srv/lab', local: true }],
    });
    await line.publish(['2.0.0']);
    await line.report(1, '2.0.0');
    await line.say(1, 'ERROR', 60 * DAY);
    await line.settle();
    await letPass(other, 16 * DAY, DAY);
    await keepAlive(world);
    const own = await signedInPage(browser, other);
    await own.goto('/releases/1');
    const panel = own.getByRole('region', { name: 'Stage dev → stable', exact: true });
    await panel.getByText('The clock alone will not promote it.').waitFor();
    await letPass(other, 2 * DAY, DAY);
    await keepAlive(world);
    await own.reload();
    await panel.getByText('Can no longer pass.').waitFor();
    await panel.getByText(/at best 0 test entities will have been healthy long enough/).waitFor();
    await own.close();
  } finally {
    await other.close();
  }
});
