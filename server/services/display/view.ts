import type { DisplayRow } from '../../../db/queries/displays.ts';

/** A display as everybody gets to see it: without its token. */
export function displayView({ id, name, views, rotateMs, pairedAt, pairedBy, lastSeenAt }: DisplayRow) {
  return { id, name, views, rotateMs, pairedAt, pairedBy, lastSeenAt };
}
