/** How people write a rollout policy, wherever they do: console, command line, Slack. */
import { PPM, ppmOfPercent, quantityText, type Quantity } from '../domain/quantity.ts';
import type { WaveSpec } from '../domain/waves.ts';

/** What a field takes, said when it cannot be read. */
export const WAVES_HINT = 'Waves are counts or shares, such as: 1, 25 %, 100 %. A wave may be "manual".';
export const BUDGET_HINT = 'A count of hosts or a share: 0, 3, 10 %.';

/** As `parseWaves` reads it: `1, 25 % manual, 100 %`. */
export function wavesText(waves: readonly WaveSpec[]): string {
  return waves.map((wave) => quantityText(wave) + (wave.manual ? ' manual' : '')).join(', ');
}

/** `1, 25 % manual, 100 %`; null when it cannot be read. */
export function parseWaves(text: string): WaveSpec[] | null {
  const waves = text.split(',').map((part) => {
    const [, amount, manual] = /^\s*(.*?)\s*(manual)?\s*$/i.exec(part) ?? [];
    const quantity = parseQuantity(amount ?? '', 1);
    return quantity && { ...quantity, ...(manual ? { manual: true } : {}) };
  });
  return waves.length <= 50 && waves.every((wave) => wave !== null) ? waves : null;
}

/** `3` or `12.5 %`, not below `least`; null when it cannot be read. */
export function parseQuantity(text: string, least: number): Quantity | null {
  const share = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text.trim())?.[1];
  if (share !== undefined) {
    const ppm = ppmOfPercent(Number(share));
    return ppm >= least && ppm <= PPM ? { ppm } : null;
  }
  const count = parseWhole(text, least, 1_000_000);
  return count === null ? null : { count };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90 s`, `5 min`, `1 h 30 min`, a bare `0`; milliseconds, at most `most` (a day); null when it cannot be read. */
export function parseDuration(text: string, most = 86_400_000): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d{1,6}\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  const parts = [...trimmed.matchAll(/(\d+)\s*([a-z]+)/g)].map(
    ([, count, unit]) => Number(count) * (UNIT_MS[unit ?? ''] ?? NaN),
  );
  const ms = parts.reduce((sum, part) => sum + part, 0);
  return Number.isSafeInteger(ms) && ms <= most ? ms : null;
}

/** A whole number within these bounds; null when it cannot be read. */
export function parseWhole(text: string, least: number, most: number): number | null {
  const value = /^\d{1,7}$/.test(text.trim()) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}
