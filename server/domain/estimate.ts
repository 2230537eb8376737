/** How far a job has come. Instants in epoch milliseconds. */
export interface Pace {
  readonly startedAt: number | null;
  /** When the last of the hosts that are done was. */
  readonly lastEndAt: number | null;
  readonly done: number;
  readonly total: number;
}

/**
 * When it will have ended if the rest takes as long per host as what is done did, waits between waves included; null:
 * nobody can tell yet, or it is over. Depends on no clock: it changes when a host ends.
 */
export function estimateEnd({ startedAt, lastEndAt, done, total }: Pace): number | null {
  if (startedAt === null || lastEndAt === null || done === 0 || done >= total) return null;
  return startedAt + Math.round(((lastEndAt - startedAt) * total) / done);
}
