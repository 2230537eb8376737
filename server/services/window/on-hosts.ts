import type { JobRow } from '../../../db/queries/jobs.ts';
import { windowsOfHosts } from '../../../db/queries/windows.ts';
import type { Reader } from '../../../db/connect.ts';
import type { Reason } from '../../domain/reason.ts';
import type { JobKind } from '../../domain/views.ts';
import { environmentClosed, windowState } from '../../domain/windows.ts';

/** Whose windows gate what: rollbacks and downloads pass them, roll-offs unless the environment says otherwise. Rules: sections 8 and 9. */
export const GATED = {
  download: () => false,
  install: () => true,
  rollback: () => false,
  'roll-off': ({ recallWaitsForWindow }) => recallWaitsForWindow,
} as const satisfies Record<JobKind, (environment: { recallWaitsForWindow: boolean }) => boolean>;

/** By host id: the closed window that keeps the work waiting there. An operator's override passes them all. */
export async function closedOnHosts(
  reader: Reader,
  { kind, windowOverride }: Pick<JobRow, 'kind' | 'windowOverride'>,
  hostIds: readonly number[],
  now: number,
): Promise<Map<number, Reason<'window_closed'>>> {
  if (windowOverride !== null || kind === 'download' || kind === 'rollback') return new Map();
  const environments = await windowsOfHosts(reader, hostIds);
  return new Map(
    environments.filter(GATED[kind]).flatMap(({ name, windows, hostIds: own }) => {
      const closed = environmentClosed(name, windowState(windows, now));
      return closed ? own.map((hostId) => [hostId, closed] as const) : [];
    }),
  );
}
