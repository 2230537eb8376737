import type { Quantity } from './quantity.ts';
import { roundedUp } from './quantity.ts';

/**
 * Who goes when. A wave is a contiguous part of the job's wave order; waves are numbered from 1 as the policy lists
 * them.
 */
export type HostRole = 'management' | 'target';

/**
 * One entry of the policy: how many hosts have been reached when this wave is done, and whether it waits for Continue.
 */
export type WaveSpec = Quantity & { readonly manual?: boolean };

export interface Wave<Item> {
  readonly number: number;
  readonly manual: boolean;
  readonly members: readonly Item[];
}

/** Rule: section 10 (defaults). */
export const DEFAULT_WAVES: readonly WaveSpec[] = [{ count: 1 }, { ppm: 250_000 }, { ppm: 1_000_000 }];

/**
 * Cumulative number of hosts at the end of each wave: shares rounded up, never below the one before, never above
 * `total`; hosts beyond the last form one more. Rule: section 10.
 */
export function waveTargets(spec: readonly WaveSpec[], total: number): number[] {
  const targets: number[] = [];
  for (const entry of spec) {
    const before = targets.at(-1) ?? 0;
    targets.push(Math.min(total, Math.max(before, roundedUp(entry, total))));
  }
  if ((targets.at(-1) ?? 0) < total) targets.push(total);
  return targets;
}

/** Management hosts first, then the order given. Rule: section 10. */
export function waveOrder<Item extends { readonly role: HostRole }>(items: readonly Item[]): Item[] {
  return [...items.filter((item) => item.role === 'management'), ...items.filter((item) => item.role !== 'management')];
}

/**
 * Which host goes in which wave; waves that no host is left for are omitted, and keep their number. Rule: section 10.
 */
export function wavePlan<Item extends { readonly role: HostRole }>(
  items: readonly Item[],
  spec: readonly WaveSpec[],
): Wave<Item>[] {
  const ordered = waveOrder(items);
  const targets = waveTargets(spec, ordered.length);
  return targets
    .map((target, index) => ({
      number: index + 1,
      manual: spec[index]?.manual ?? false,
      members: ordered.slice(targets[index - 1] ?? 0, target),
    }))
    .filter((wave) => wave.members.length > 0);
}
