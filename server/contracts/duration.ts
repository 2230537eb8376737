import { z } from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90m` as milliseconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a duration such as 30m, 8h or 2d')
  .transform(milliseconds);

/** As `duration`, and `0s` too: a soak may last no time at all. */
export const durationFromZero = z
  .string()
  .regex(/^(0|[1-9]\d{0,6})[smhd]$/, 'must be a duration such as 0s, 30m, 8h or 2d')
  .transform(milliseconds);

function milliseconds(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS];
}

/** In the largest unit that says it exactly: what `duration` reads back. */
export function durationOf(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((one) => ms > 0 && ms % UNIT_MS[one] === 0) ?? 's';
  return `${Math.round(ms / UNIT_MS[unit])}${unit}`;
}
