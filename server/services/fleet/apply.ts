import { countContactFrom, lookAgain as probeSoon } from '../../../db/queries/hosts.ts';
import { declareRows, lockFleet, rearmFeeds, setSubscriptions, type FleetKind } from '../../../db/queries/fleet.ts';
import { transact } from '../../../db/transact.ts';
import type { Transaction } from '../context.ts';
import { alignWithDeclaration } from '../client/align.ts';
import { lookAgain } from '../job/look-again.ts';
import { wakeEveryPipeline } from '../pipeline/wake.ts';
import { record, type Occasion } from '../log/record.ts';
import { verb } from '../verb.ts';
import type { Existing } from './declared.ts';
import type { Change } from './difference.ts';
import { judgeFile, shown, type FleetInput } from './judge-file.ts';
import { removeUndeclared } from './prune.ts';
import { readFleetFile } from './read-file.ts';

/** Applies a fleet file, all of it or nothing. Applying it again changes nothing. */
export const applyFleet = verb('fleet.apply', async (ctx, actor, { file, text, prune }: FleetInput) => {
  // Before the transaction: parsing 10 000 hosts takes seconds, in which others could not apply.
  const read = readFleetFile(file, text);
  return transact(ctx, async (tx) => {
    await lockFleet(tx);
    const judged = await judgeFile(tx, read, { prune, hold: true });
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    await applyChanges(tx, occasion, read.file, judged.changes, judged.existing);
    if (judged.changes.some(changesPlan)) await lookAgain(ctx, tx);
    if (judged.changes.some(({ action }) => action !== 'keep')) await wakeEveryPipeline(ctx, tx);
    if (prune) await removeUndeclared(tx, occasion, judged.undeclared, judged.past);
    return shown(judged, read, prune, true);
  });
});

/** Parents before what belongs to them: each kind refers to ids of the kinds before. */
const declarationOrder = [
  'product',
  'channel',
  'pipeline',
  'environment',
  'host',
  'rule',
] as const satisfies readonly FleetKind[];

async function applyChanges(
  tx: Transaction,
  occasion: Occasion,
  file: string,
  changes: readonly Change[],
  existing: readonly Existing[],
): Promise<void> {
  const ids = new Map(existing.map(({ kind, name, id }) => [`${kind} ${name}`, id]));
  const changed = changes.filter(({ action }) => action !== 'keep');
  for (const kind of declarationOrder) {
    const own = changed.filter(({ declared }) => declared.kind === kind);
    const rows = own.map(({ declared: { values, parent } }) => ({
      ...values,
      ...parentColumn(kind, parent, ids),
      managedBy: file,
    }));
    const rowIds = await declareRows(tx, kind, rows);
    own.forEach(({ declared: { name } }, i) => ids.set(`${kind} ${name}`, rowIds[i] as number));
    await followUp(tx, occasion, kind, own, rowIds, ids);
    await record(tx, occasion, `${kind}.declared`, rowIds, { file });
  }
}

/** What else goes with a change. A feed or a host that is reached otherwise is looked at again at once. */
async function followUp(
  tx: Transaction,
  { now }: Occasion,
  kind: FleetKind,
  own: readonly Change[],
  rowIds: readonly number[],
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const changing = (names: readonly string[]) =>
    rowIds.filter((_id, i) => own[i]?.fields.some(({ field }) => names.includes(field)));
  if (kind === 'product') await rearmFeeds(tx, changing(['feed']));
  if (kind === 'host') {
    await probeSoon(tx, changing(['connection', 'root', 'life']));
    await countContactFrom(tx, changing(['life']), now);
  }
  if (kind !== 'environment') return;
  const follows = own.flatMap((change, i) => followed(change, rowIds[i] as number, ids));
  await setSubscriptions(tx, rowIds, follows);
  await alignWithDeclaration(tx, rowIds, now);
}

/**
 * A plan that somebody agreed to may be another now: a machine behind a name, or the channel that is followed; and a wave
 * that bakes waits for its hosts to be in service.
 */
function changesPlan({ action, fields }: Change): boolean {
  return (
    action === 'change' &&
    fields.some(({ field }) => ['connection', 'root', 'life', 'subscriptions', 'windows'].includes(field))
  );
}

function parentColumn(kind: FleetKind, parent: string | null, ids: ReadonlyMap<string, number>) {
  if (kind === 'channel' || kind === 'pipeline') return { productId: ids.get(`product ${parent}`) };
  return kind === 'host' ? { environmentId: ids.get(`environment ${parent}`) } : {};
}

function followed({ declared: { follows } }: Change, environmentId: number, ids: ReadonlyMap<string, number>) {
  return Object.entries(follows ?? {}).map(([product, channel]) => ({
    environmentId,
    productId: ids.get(`product ${product}`) as number,
    channelId: ids.get(`channel ${product}/${channel}`) as number,
  }));
}
