import type { JobRow } from '../../../db/queries/jobs.ts';
import { rolloutRows } from '../../../db/queries/jobs.ts';
import { windowsOfHosts } from '../../../db/queries/windows.ts';
import type { Reader } from '../../../db/connect.ts';
import { windowState } from '../../domain/windows.ts';
import { GATED } from './on-hosts.ts';

export interface NamedWindow {
  windowFrom: number | null;
  windowEnd: number | null;
}

const NONE: NamedWindow = { windowFrom: null, windowEnd: null };

/**
 * The maintenance window that a plan waits for at `now`, as its card names it: of the environment that opens last. None
 * where nothing is closed: then the plan starts within the rule's time. Rules: sections 8 and 11.
 */
export async function windowNamed(
  reader: Reader,
  job: Pick<JobRow, 'id' | 'kind' | 'windowOverride'>,
  now: number,
): Promise<NamedWindow> {
  if (job.windowOverride !== null) return NONE;
  const hostIds = (await rolloutRows(reader, job.id)).map(({ hostId }) => hostId);
  const gated = (await windowsOfHosts(reader, hostIds)).filter(GATED[job.kind]);
  const windows = gated.map((environment) => environment.windows);
  const opening = windows.flatMap((schedule) => {
    const { nextOpen } = windowState(schedule, now);
    return nextOpen === null ? [] : [{ schedule, windowFrom: nextOpen }];
  });
  const [last] = opening.sort((a, b) => b.windowFrom - a.windowFrom);
  if (!last) return NONE;
  return { windowFrom: last.windowFrom, windowEnd: windowState(last.schedule, last.windowFrom).nextClose };
}
