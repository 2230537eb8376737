import { and, asc, desc, eq, getTableColumns, inArray, lt, sql } from 'drizzle-orm';
import type { Evaluation } from '../../server/domain/evaluation.ts';
import type { StageStatus } from '../../server/domain/stages.ts';
import type { EvaluationView } from '../../server/domain/views.ts';
import type { Reader, Transaction } from '../connect.ts';
import { channel, channelEntry, entityStay, evaluation, release } from '../schema/index.ts';
import { evaluationViews } from './pipeline-views.ts';
import { idIn } from './views.ts';

export type EvaluationRow = typeof evaluation.$inferSelect;
export type NewEvaluation = Omit<typeof evaluation.$inferInsert, 'id' | 'revision'>;

/** One release on one channel of a product, with all that a stage asks of it. */
export interface PlacedRelease {
  channelId: number;
  channel: string;
  releaseId: number;
  version: string;
  sequence: number;
  labels: Readonly<Record<string, string>>;
  required: boolean;
  demoted: boolean;
  activeSince: number;
  promotedAt: number;
  promotedBy: string;
  /** Its package is not on the server, nor on its way, nor has it failed to arrive. */
  awaitsDownload: boolean;
}

/** Every entry of every channel of a product, active or demoted. */
export async function placedReleases(reader: Reader, productId: number): Promise<PlacedRelease[]> {
  return reader
    .select({
      channelId: channel.id,
      channel: channel.name,
      releaseId: release.id,
      version: release.version,
      sequence: channelEntry.sequence,
      labels: release.labels,
      required: release.required,
      demoted: sql<boolean>`${channelEntry.demotedAt} is not null`,
      activeSince: channelEntry.activeSince,
      promotedAt: channelEntry.promotedAt,
      promotedBy: channelEntry.promotedBy,
      awaitsDownload: sql<boolean>`${release.package} = 'absent' and ${release.downloadProblem} is null`,
    })
    .from(channelEntry)
    .innerJoin(channel, eq(channel.id, channelEntry.channelId))
    .innerJoin(release, eq(release.id, channelEntry.releaseId))
    .where(eq(channel.productId, productId))
    .orderBy(asc(channel.id), asc(channelEntry.sequence));
}

/** The channels of a product, in the order in which they were declared. */
export async function channelsOfProduct(reader: Reader, productId: number): Promise<{ id: number; name: string }[]> {
  return reader
    .select({ id: channel.id, name: channel.name })
    .from(channel)
    .where(eq(channel.productId, productId))
    .orderBy(asc(channel.id));
}

export type KnownEvaluation = Omit<EvaluationRow, 'soaks'>;

/** Every evaluation of a product, without what each entity was measured at. */
export async function evaluationsOf(reader: Reader, productId: number): Promise<KnownEvaluation[]> {
  const { soaks: _soaks, ...columns } = getTableColumns(evaluation);
  return reader.select(columns).from(evaluation).where(eq(evaluation.productId, productId)).orderBy(asc(evaluation.id));
}

/** As the rule that says whether it is judged again sees it. */
export function judgedOf({ status, reasons }: Pick<EvaluationRow, 'status' | 'reasons'>): Evaluation {
  return { status, codes: reasons.map(({ code }) => code) };
}

export async function findEvaluation(reader: Reader, id: number): Promise<EvaluationRow | undefined> {
  const [row] = await reader.select().from(evaluation).where(eq(evaluation.id, id));
  return row;
}

export async function insertEvaluation(tx: Transaction, values: NewEvaluation): Promise<number> {
  const [row] = await tx.insert(evaluation).values(values).returning({ id: evaluation.id });
  return (row as { id: number }).id;
}

export async function updateEvaluation(
  tx: Transaction,
  id: number,
  patch: Partial<Omit<EvaluationRow, 'id' | 'revision' | 'productId' | 'releaseId' | 'source' | 'target'>>,
): Promise<void> {
  await tx
    .update(evaluation)
    .set({ ...patch, revision: sql`${evaluation.revision} + 1` })
    .where(eq(evaluation.id, id));
}

export interface EvaluationFilter {
  productId?: number | undefined;
  releaseId?: number | undefined;
  source?: string | undefined;
  target?: string | undefined;
  status?: StageStatus | undefined;
}

/** Newest first. */
export function listEvaluationViews(
  reader: Reader,
  { productId, releaseId, source, target, status }: EvaluationFilter,
  before: number | undefined,
  limit: number,
): Promise<EvaluationView[]> {
  const where = and(
    productId === undefined ? undefined : eq(evaluation.productId, productId),
    releaseId === undefined ? undefined : eq(evaluation.releaseId, releaseId),
    source === undefined ? undefined : eq(evaluation.source, source),
    target === undefined ? undefined : eq(evaluation.target, target),
    status && eq(evaluation.status, status),
    before === undefined ? undefined : lt(evaluation.id, before),
  );
  return evaluationViews(reader, { where, orderBy: [desc(evaluation.id)], limit });
}

export type StayRow = typeof entityStay.$inferSelect;

/** When entities arrived on these releases, and left them. */
export async function staysOn(reader: Reader, releaseIds: readonly number[]): Promise<StayRow[]> {
  if (releaseIds.length === 0) return [];
  return reader
    .select()
    .from(entityStay)
    .where(inArray(entityStay.releaseId, [...releaseIds]));
}

export async function storeStays(tx: Transaction, stays: readonly StayRow[]): Promise<void> {
  for (let i = 0; i < stays.length; i += 5_000) {
    await tx
      .insert(entityStay)
      .values(stays.slice(i, i + 5_000))
      .onConflictDoUpdate({
        target: [entityStay.releaseId, entityStay.environmentId],
        set: { arrivedAt: sql`excluded.arrived_at`, leftAt: sql`excluded.left_at` },
      });
  }
}

/** Raises the revision of releases whose view changes elsewhere: the channels they are on. */
export async function touchReleases(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(release)
    .set({ revision: sql`${release.revision} + 1` })
    .where(idIn(release.id, ids));
}
