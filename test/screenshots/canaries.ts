/** What moves by itself in the demo: a canary that soaks, one that is recalled, and how console and wall show them. */
import type { BrowserContext } from 'playwright-core';
import type { Camera } from './camera.ts';

type Said = (pattern: RegExp) => Promise<RegExpExecArray>;

/** Beside the story of the plants, on pages of its own: what it waits for passes within seconds. */
export async function pictureCanaries(said: Said, camera: Camera, context: BrowserContext): Promise<void> {
  const wall = await context.newPage();
  await wall.goto('/wall');
  const page = await context.newPage();
  await said(/gauge 2\.0\.0 runs on lab-1 and lab-2/);
  await wall.getByRole('region', { name: 'Pipelines' }).getByText('2.0.0').waitFor();
  await page.goto('/pipelines/2');
  const release = page.getByRole('table').last().getByRole('link', { name: '2.0.0' }).first();
  await release.waitFor();
  await camera(page, 'console-canary-pipeline');
  await release.click();
  await page.getByText('Earliest promotion').first().waitFor();
  await page.getByRole('img', { name: /^Soak of lab-2/ }).waitFor();
  await camera(page, 'console-canary');
  await camera(wall, 'wall-demo-canary');
  await said(/gauge 2\.1\.0 canary → stable recalled/);
  await wall
    .getByRole('region', { name: 'Pipelines' })
    .getByText(/recalled/)
    .waitFor();
  await camera(wall, 'wall-demo-recall');
  await page.goto('/recalls/1');
  await page.locator('a[href^="/releases/"]', { hasText: '2.1.0' }).click();
  await page.locator('[data-banner="recalled"]').waitFor();
  await page.getByRole('img', { name: /^Soak of lab-2/ }).waitFor();
  await camera(page, 'console-canary-recalled');
  for (const each of [wall, page]) await each.close();
}
