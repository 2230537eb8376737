import type { AnyActivity } from './activity.ts';
import { isTickerWorthy, tickerLength } from './board.ts';

/** From this many activities on it is a storm. */
export const stormSize = 500;

/**
 * In a storm only the newest revision of each entity, and what the ticker shows, is worth sending: `apply` ends in the
 * same board, since it ignores what is not newer. Order is kept. `size`: fewer activities than this stay as they are.
 */
export function coalesce(activities: readonly AnyActivity[], size = stormSize): readonly AnyActivity[] {
  if (activities.length < size) return activities;
  const newest = new Map<string, AnyActivity>();
  const wanted = new Set<AnyActivity>();
  for (const activity of activities) {
    const entity = `${activity.entity.kind} ${activity.entity.id}`;
    const known = newest.get(entity);
    // The first of a job too: by it the job is counted before later ones push it off the board.
    if (!known && activity.entity.kind === 'job') wanted.add(activity);
    if (!known || activity.entity.revision > known.entity.revision) newest.set(entity, activity);
  }
  for (const activity of newest.values()) wanted.add(activity);
  for (const line of activities.filter(({ kind }) => isTickerWorthy(kind)).slice(-tickerLength)) wanted.add(line);
  return activities.filter((activity) => wanted.has(activity));
}
