import { forgetProducts, removeRows, retireHosts, touchRows, type FleetKind } from '../../../db/queries/fleet.ts';
import type { Transaction } from '../context.ts';
import { record, recordRemoval, type Occasion } from '../log/record.ts';
import type { Declared, Existing } from './declared.ts';

/** What belongs to others goes before them. */
const removalOrder = [
  'rule',
  'pipeline',
  'host',
  'environment',
  'channel',
  'product',
] as const satisfies readonly FleetKind[];

/** What the file created and declares no more. */
export function undeclared(file: string, declared: readonly Declared[], existing: readonly Existing[]): Existing[] {
  const names = new Set(declared.map(({ kind, name }) => `${kind} ${name}`));
  return removalOrder.flatMap((kind) =>
    existing.filter(
      (entity) => entity.kind === kind && entity.managedBy === file && !names.has(`${kind} ${entity.name}`),
    ),
  );
}

/**
 * Removes what a file declares no more, nothing of which has an obstacle. A host with a past is retired instead, so that
 * its jobs keep telling what happened; no file owns it then.
 */
export async function removeUndeclared(
  tx: Transaction,
  occasion: Occasion,
  gone: readonly Existing[],
  past: ReadonlySet<number>,
): Promise<void> {
  const retired = gone.filter(({ kind, id }) => kind === 'host' && past.has(id)).map(({ id }) => id);
  await retireHosts(tx, retired);
  await record(tx, occasion, 'host.declared', retired, { retired: true });
  for (const kind of removalOrder) {
    const ids = gone
      .filter((entity) => entity.kind === kind && !(kind === 'host' && past.has(entity.id)))
      .map(({ id }) => id);
    if (kind === 'product') await forgetReports(tx, occasion, ids);
    await touchRows(tx, kind, ids);
    await recordRemoval(tx, occasion, kind, ids);
    await removeRows(tx, kind, ids);
  }
}

/** Hosts may still report a product that goes: something with its name lies on them. */
async function forgetReports(tx: Transaction, occasion: Occasion, productIds: readonly number[]): Promise<void> {
  const hostIds = await forgetProducts(tx, productIds);
  await touchRows(tx, 'host', hostIds);
  await record(tx, occasion, 'host.reported', hostIds, { version: null });
}
