import { windowsOfHosts } from '../../../db/queries/windows.ts';
import type { Reader } from '../../../db/connect.ts';
import type { Reason } from '../../domain/reason.ts';
import { closedFor, type WindowedWork } from '../../domain/work-windows.ts';

/** By host id: the closed window that keeps the work waiting there. An operator's override passes them all. */
export async function closedOnHosts(
  reader: Reader,
  work: WindowedWork,
  hostIds: readonly number[],
  now: number,
): Promise<Map<number, Reason<'window_closed'>>> {
  const environments = await windowsOfHosts(reader, hostIds);
  return new Map(
    environments.flatMap(({ hostIds: own, ...environment }) => {
      const closed = closedFor(work, environment, now);
      return closed ? own.map((hostId) => [hostId, closed] as const) : [];
    }),
  );
}
