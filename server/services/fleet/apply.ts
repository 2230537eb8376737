import {
  changeDeclared,
  createDeclared,
  fleetRows,
  lockFleet,
  setSubscriptions,
  type FleetKind,
} from '../../../db/queries/fleet.ts';
import { transact } from '../../../db/transact.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { verb } from '../verb.ts';
import { existingEntities } from './declared.ts';
import type { Change } from './difference.ts';
import { judgeFile, shown, type FleetInput } from './judge-file.ts';
import { removeUndeclared } from './prune.ts';

/** Applies a fleet file, all of it or nothing. Applying it again changes nothing. */
export const applyFleet = verb('fleet.apply', (ctx, actor, input: FleetInput) =>
  transact(ctx, async (tx) => {
    await lockFleet(tx);
    const judged = await judgeFile(tx, input);
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    await applyChanges(tx, occasion, input.file, judged.changes);
    if (input.prune) await removeUndeclared(tx, occasion, judged.undeclared);
    return shown(judged, input, true);
  }),
);

async function applyChanges(
  tx: Transaction,
  occasion: Occasion,
  file: string,
  changes: readonly Change[],
): Promise<void> {
  const ids = new Map(
    existingEntities(await fleetRows(tx)).map(({ kind, name, id }) => [`${kind} ${name}`, id] as const),
  );
  const touched: Record<FleetKind, number[]> = { product: [], channel: [], environment: [], host: [] };
  for (const { action, declared, existing } of changes) {
    if (action === 'keep') continue;
    const values = { ...declared.values, ...parentColumn(declared.kind, declared.parent, ids) };
    const id = existing?.id ?? (await createDeclared(tx, declared.kind, { ...values, managedBy: file }));
    if (existing) await changeDeclared(tx, declared.kind, id, values);
    ids.set(`${declared.kind} ${declared.name}`, id);
    touched[declared.kind].push(id);
    if (declared.follows) await setSubscriptions(tx, id, followed(declared.follows, ids));
  }
  for (const kind of ['product', 'channel', 'environment', 'host'] as const) {
    await record(tx, occasion, `${kind}.declared`, touched[kind], { file });
  }
}

function parentColumn(kind: FleetKind, parent: string | null, ids: ReadonlyMap<string, number>) {
  if (kind === 'channel') return { productId: ids.get(`product ${parent}`) };
  return kind === 'host' ? { environmentId: ids.get(`environment ${parent}`) } : {};
}

function followed(follows: Record<string, string>, ids: ReadonlyMap<string, number>) {
  return Object.entries(follows).map(([product, channel]) => ({
    productId: ids.get(`product ${product}`) as number,
    channelId: ids.get(`channel ${product}/${channel}`) as number,
  }));
}
