import type { JobRow } from '../../../db/queries/jobs.ts';
import { rolloutRows } from '../../../db/queries/jobs.ts';
import { windowsOfHosts } from '../../../db/queries/windows.ts';
import type { Reader } from '../../../db/connect.ts';
import { namedWindow, type NamedWindow, type WindowedWork } from '../../domain/work-windows.ts';

/** The maintenance window that a plan waits for at `now`, as its card names it. Rules: sections 8 and 11. */
export async function windowNamed(
  reader: Reader,
  job: Pick<JobRow, 'id'> & WindowedWork,
  now: number,
): Promise<NamedWindow> {
  const hostIds = (await rolloutRows(reader, job.id)).map(({ hostId }) => hostId);
  return namedWindow(job, await windowsOfHosts(reader, hostIds), now);
}
