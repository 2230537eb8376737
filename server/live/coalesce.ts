import type { AnyActivity } from '../domain/activity.ts';
import { isTickerWorthy, tickerLength } from '../domain/board.ts';

/** From this many activities on it is a storm. */
export const stormSize = 500;

/**
 * In a storm only the newest revision of each entity, and what the ticker shows, is worth sending: `apply` ends in the
 * same board, since it ignores what is not newer. Order is kept.
 */
export function coalesce(activities: readonly AnyActivity[]): readonly AnyActivity[] {
  if (activities.length <= stormSize) return activities;
  const newest = new Map<string, AnyActivity>();
  for (const activity of activities) {
    const entity = `${activity.entity.kind} ${activity.entity.id}`;
    const known = newest.get(entity);
    if (!known || activity.entity.revision > known.entity.revision) newest.set(entity, activity);
  }
  const wanted = new Set(newest.values());
  for (const line of activities.filter(({ kind }) => isTickerWorthy(kind)).slice(-tickerLength)) wanted.add(line);
  return activities.filter((activity) => wanted.has(activity));
}
