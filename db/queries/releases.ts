import { and, asc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { ChannelEntry } from '../../server/domain/channel.ts';
import { isRecalled } from '../../server/domain/recall.ts';
import type { HookSpecs } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import { channel, channelEntry, job, product, release } from '../schema/index.ts';
import { recallsStanding } from './recalls.ts';

export type ProductRow = typeof product.$inferSelect;
export type ReleaseRow = typeof release.$inferSelect;

export async function findProduct(reader: Reader, id: number): Promise<ProductRow | undefined> {
  const [row] = await reader.select().from(product).where(eq(product.id, id));
  return row;
}

export async function lockProduct(tx: Transaction, id: number): Promise<ProductRow | undefined> {
  // Not `update`: jobs that are asked for meanwhile refer to the product, and would wait for, or deadlock with, a check.
  const [row] = await tx.select().from(product).where(eq(product.id, id)).for('no key update');
  return row;
}

/** Products whose feed is due for a check, which thereby are due again at `nextAt`: each check is asked for once. */
export async function takeDueFeeds(tx: Transaction, now: number, nextAt: number): Promise<number[]> {
  const rows = await tx
    .update(product)
    .set({ feedDueAt: nextAt })
    .where(and(sql`${product.feed} is not null`, or(isNull(product.feedDueAt), lte(product.feedDueAt, now))))
    .returning({ id: product.id });
  return rows.map(({ id }) => id);
}

/** Stores how the last feed check ended; its revision rises only when there is `news` for others. */
export async function updateProduct(
  tx: Transaction,
  id: number,
  patch: Pick<ProductRow, 'feedCheckedAt' | 'feedProblem'>,
  news: boolean,
): Promise<void> {
  await tx
    .update(product)
    .set({ ...patch, ...(news ? { revision: sql`${product.revision} + 1` } : {}) })
    .where(eq(product.id, id));
}

export type KnownRelease = Pick<ReleaseRow, 'id' | 'version' | 'digest' | 'conflict'>;

/** Those of these versions that the catalog has. */
export async function knownReleases(
  reader: Reader,
  productId: number,
  versions: readonly string[],
): Promise<KnownRelease[]> {
  return reader
    .select({ id: release.id, version: release.version, digest: release.digest, conflict: release.conflict })
    .from(release)
    .where(and(eq(release.productId, productId), inArray(release.version, [...versions])));
}

export async function findRelease(reader: Reader, id: number) {
  const [row] = await reader
    .select({ release, product })
    .from(release)
    .innerJoin(product, eq(product.id, release.productId))
    .where(eq(release.id, id));
  return row;
}

export async function lockRelease(tx: Transaction, id: number): Promise<ReleaseRow | undefined> {
  const [row] = await tx.select().from(release).where(eq(release.id, id)).for('update');
  return row;
}

/** Answers with the new ids in the order given. */
export async function insertReleases(
  tx: Transaction,
  values: readonly Omit<typeof release.$inferInsert, 'id' | 'revision'>[],
): Promise<number[]> {
  const rows = await tx
    .insert(release)
    .values([...values])
    .returning({ id: release.id, version: release.version });
  const ids = new Map(rows.map(({ id, version }) => [version, id]));
  return values.map(({ version }) => ids.get(version) as number);
}

export type ReleasePatch = Partial<
  Pick<
    ReleaseRow,
    'package' | 'received' | 'downloadProblem' | 'conflict' | 'archivedAt' | 'required' | 'notes' | 'labels'
  >
>;

export async function updateRelease(tx: Transaction, id: number, patch: ReleasePatch): Promise<void> {
  await tx
    .update(release)
    .set({ ...patch, revision: sql`${release.revision} + 1` })
    .where(eq(release.id, id));
}

/** The package of a release is complete and verified on this server: all of it has been received. */
export async function storePackage(tx: Transaction, id: number, hooks: HookSpecs, now: number): Promise<void> {
  await tx
    .update(release)
    .set({
      package: 'present',
      received: sql`${release.size}`,
      downloadedAt: now,
      downloadProblem: null,
      hooks,
      revision: sql`${release.revision} + 1`,
    })
    .where(eq(release.id, id));
}

/** Enters releases on a channel under its next sequences, in the order given; a sequence is never given twice. */
export async function enterChannel(
  tx: Transaction,
  channelId: number,
  releaseIds: readonly number[],
  promotion: { promotedAt: number; promotedBy: string },
): Promise<void> {
  const [row] = await tx
    .update(channel)
    .set({ lastSequence: sql`${channel.lastSequence} + ${releaseIds.length}` })
    .where(eq(channel.id, channelId))
    .returning({ last: channel.lastSequence });
  const before = (row as { last: number }).last - releaseIds.length;
  const entries = releaseIds.map((releaseId, i) => ({
    channelId,
    releaseId,
    sequence: before + i + 1,
    activeSince: promotion.promotedAt,
    ...promotion,
  }));
  await tx.insert(channelEntry).values(entries);
}

/** Channels of a product by name, in the order of their ids: locks are taken in one order everywhere. */
export async function channelsNamed(reader: Reader, productId: number, names: readonly string[]) {
  if (names.length === 0) return [];
  return reader
    .select({ id: channel.id, name: channel.name })
    .from(channel)
    .where(and(eq(channel.productId, productId), inArray(channel.name, [...names])))
    .orderBy(asc(channel.id));
}

/** The entries of a release, one a channel, as the rules read them, with the mark of every recall. */
export async function entriesOf(reader: Reader, releaseId: number): Promise<ChannelEntry[]> {
  const rows = await reader
    .select({
      productId: release.productId,
      version: release.version,
      sequence: channelEntry.sequence,
      demoted: sql<boolean>`${channelEntry.demotedAt} is not null`,
      required: release.required,
    })
    .from(channelEntry)
    .innerJoin(release, eq(release.id, channelEntry.releaseId))
    .where(eq(channelEntry.releaseId, releaseId));
  const [first] = rows;
  if (!first) return [];
  const recalled = isRecalled(await recallsStanding(reader, first.productId), first.version);
  return rows.map(({ productId: _, ...entry }) => ({ ...entry, recalled }));
}

/** The download of a release that is in flight, if there is one. */
export async function downloadInFlight(reader: Reader, releaseId: number) {
  const [row] = await reader
    .select({ id: job.id, status: job.status })
    .from(job)
    .where(
      and(
        eq(job.releaseId, releaseId),
        eq(job.kind, 'download'),
        inArray(job.status, ['queued', 'running', 'cancelling']),
      ),
    );
  return row ?? null;
}

/** First key of the advisory lock that whoever downloads a release holds; the second is the release's id. */
export const downloadLockClass = 0x5b02;

/** Downloads that were asked for and that nobody is at work on: their worker is gone, their message is, or it comes yet. */
export async function orphanedDownloads(reader: Reader): Promise<number[]> {
  const worked = sql`exists (
    select 1 from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.classid = ${downloadLockClass}::int::oid
      and l.database = (select oid from pg_database where datname = current_database())
      and l.objid::bigint = job.release_id)`;
  const rows = await reader
    .select({ id: job.id })
    .from(job)
    .where(and(eq(job.kind, 'download'), inArray(job.status, ['queued', 'running', 'cancelling']), sql`not ${worked}`))
    .orderBy(asc(job.id));
  return rows.map(({ id }) => id);
}
