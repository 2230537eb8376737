import { alignClients, scheduleChecks } from '../../../db/queries/clients.ts';
import { nextCheckAt } from '../../domain/check-schedule.ts';
import { installerNamed, keepsCache } from '../../domain/installer.ts';
import type { Transaction } from '../context.ts';

/** What environments subscribe to, or how they install, or when they look, has been declared: their clients follow. */
export async function alignWithDeclaration(
  tx: Transaction,
  environmentIds: readonly number[],
  now: number,
): Promise<void> {
  const clients = await alignClients(tx, environmentIds);
  const due = clients.map(({ id, method, checkEveryMs, callsItself }) => {
    const looks = !callsItself && keepsCache(installerNamed(method, null));
    return { id, checkDueAt: looks ? nextCheckAt(now, checkEveryMs, id) : null };
  });
  await scheduleChecks(tx, due);
}
