/** What a wall can show. `overview` has everything; the others give one thing the whole room. */
export const WALL_VIEWS = ['overview', 'hosts', 'jobs'] as const;
export type WallView = (typeof WALL_VIEWS)[number];

export interface WallSettings {
  readonly views: readonly WallView[];
  /** Milliseconds that each view is shown. */
  readonly rotateMs: number;
}

export const DEFAULT_WALL: WallSettings = { views: ['overview'], rotateMs: 30_000 };

/**
 * What a wall shows at `now`, the server's time: all walls with the same settings turn at the same moment. While an
 * incident is open nothing turns: the room sees everything.
 */
export function wallViewAt({ views, rotateMs }: WallSettings, now: number, incidentOpen: boolean): WallView {
  if (incidentOpen) return 'overview';
  return views[Math.floor(now / rotateMs) % views.length] ?? 'overview';
}
