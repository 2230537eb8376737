import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { marks } from '../../dashboard/theme/states.ts';
import { contrast, distance, type Sight } from '../support/colour.ts';

const css = readFileSync(join(import.meta.dirname, '../../dashboard/theme/theme.css'), 'utf8');
/** The themes as the pages have them: the second has only what it changes. */
const [dark = {}, light = {}] = [/:root \{([^}]*)\}/, /:root\[data-theme='light'\] \{([^}]*)\}/].map((theme) =>
  Object.fromEntries(
    [...(theme.exec(css)?.[1] ?? '').matchAll(/(--[\w-]+): (#[\da-f]{6});/g)].map(([, k, v]) => [k, v]),
  ),
) as Record<string, string>[];
const themes = { dark, light: { ...dark, ...light } };
const sights = [null, 'protan', 'deutan', 'tritan'] as const satisfies readonly (Sight | null)[];

describe.each(Object.entries(themes))('the %s theme', (_name, colours) => {
  const colour = (token: string) => colours[token] ?? `no ${token}`;

  test.each(sights)('what is well and what failed are far apart for sight %s', (sight) => {
    expect(distance(colour('--ok'), colour('--fail'), sight)).toBeGreaterThanOrEqual(30);
  });

  test.each(Object.entries(marks))('%s stands out from the ground', (_mark, { paint }) => {
    const least = paint === '--text-faint' ? 4 : 4.5;
    expect(contrast(colour(paint), colour('--ground'))).toBeGreaterThanOrEqual(least);
  });
});

test('the usual traffic light would not do, so the measure can fail', () => {
  expect(distance('#22c55e', '#ef4444', 'deutan')).toBeLessThan(15);
});
