import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** A room's usual screens: full HD, and 4K at the same distance. */
const sizes = {
  '1080': { width: 1920, height: 1080 },
  '2160': { width: 3840, height: 2160 },
} as const;

/** Takes a page at both sizes, `<name>-1080.png` and `<name>-2160.png`, and leaves it at the first. One after the other. */
export type Camera = (page: Page, name: string) => Promise<void>;

/** `chosen`: pictures that also go, at the first size, into the folder of the documentation under these names. */
export async function openCamera(folder: string, documents: string, chosen: Record<string, string>): Promise<Camera> {
  await mkdir(folder, { recursive: true });
  await mkdir(documents, { recursive: true });
  const take: Camera = async (page, name) => {
    // Of pages beside each other only the one in front is painted.
    await page.bringToFront();
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await settled(page);
      await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
      const wanted = size === '1080' ? chosen[name] : undefined;
      if (wanted) await page.screenshot({ path: join(documents, `${wanted}.png`) });
    }
    await page.setViewportSize(sizes['1080']);
    console.log(name);
  };
  let before: Promise<unknown> = Promise.resolve();
  return (page, name) => {
    const taken = before.then(() => take(page, name));
    before = taken.catch(() => undefined);
    return taken;
  };
}

/** Type is there, and two frames have gone by since the last change of size: layouts that measure themselves are done. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frames = 0; frames < 4; frames += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}
