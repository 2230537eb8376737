import {
  changeDeclared,
  forgetReports,
  hostsWithTasks,
  removalObstacles,
  removeDeclared,
  type FleetKind,
} from '../../../db/queries/fleet.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Transaction } from '../context.ts';
import { record, recordRemoval, type Occasion } from '../log/record.ts';
import type { Declared, Existing } from './declared.ts';

/** What the file created and declares no more, what belongs to others first: it can be removed in this order. */
export function undeclared(file: string, declared: readonly Declared[], existing: readonly Existing[]): Existing[] {
  const names = new Set(declared.map(({ kind, name }) => `${kind} ${name}`));
  const order: readonly FleetKind[] = ['host', 'environment', 'channel', 'product'];
  return existing
    .filter(({ kind, name, managedBy }) => managedBy === file && !names.has(`${kind} ${name}`))
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/**
 * Removes what a file declares no more. A host with a past is retired instead, so that its jobs keep telling what
 * happened; a host with a running task, or anything in use, refuses the whole apply.
 */
export async function removeUndeclared(tx: Transaction, occasion: Occasion, gone: readonly Existing[]): Promise<void> {
  const past = await hostsWithTasks(tx, idsOf(gone, 'host'));
  for (const entity of gone) {
    const obstacle = (await removalObstacles(tx, entity.kind, [entity.id])).get(entity.id);
    if (obstacle) {
      throw new Refusal(
        'refused',
        `Apply refused, nothing was changed: ${entity.kind} ${entity.name} cannot be removed, ${obstacle}. Keep it in the file for now.`,
        { reason: 'in_use' },
      );
    }
    if (past.has(entity.id) && entity.kind === 'host') {
      await changeDeclared(tx, 'host', entity.id, { life: 'retired', managedBy: null });
      await record(tx, occasion, 'host.declared', [entity.id], { retired: true });
      continue;
    }
    if (entity.kind === 'host') await forgetReports(tx, entity.id);
    await changeDeclared(tx, entity.kind, entity.id, {});
    await recordRemoval(tx, occasion, entity.kind, entity.id);
    await removeDeclared(tx, entity.kind, entity.id);
  }
}

function idsOf(entities: readonly Existing[], wanted: FleetKind): number[] {
  return entities.filter(({ kind }) => kind === wanted).map(({ id }) => id);
}
