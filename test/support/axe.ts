import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const themes = ['dark', 'light'] as const;

/**
 * What axe finds on a page as it stands: everything in the dark theme, and what depends on colour again in the light
 * one. One line a finding: `light · color-contrast · td.cut > a · why`. A page without themes of its own: `dark` only.
 */
export async function axeFindings(page: Page, shown: readonly (typeof themes)[number][] = themes): Promise<string[]> {
  const findings: string[] = [];
  for (const theme of shown) {
    await page.evaluate((chosen) => (document.documentElement.dataset['theme'] = chosen), theme);
    // Colours fade into each other; on the way they are those of no theme.
    await page.waitForFunction(() =>
      document.getAnimations().every((one) => !(one instanceof CSSTransition) || one.playState === 'finished'),
    );
    // Legacy mode: without it every look opens a page of its own, which no test of ours needs.
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (theme === 'dark' ? axe : axe.withRules(['color-contrast'])).analyze();
    for (const { id, nodes } of violations) {
      for (const { target, failureSummary = '' } of nodes) {
        findings.push(`${theme} · ${id} · ${target.join(' ')} · ${failureSummary.replaceAll(/\s+/g, ' ')}`);
      }
    }
  }
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
  return findings;
}
