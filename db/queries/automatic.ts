import { and, asc, eq, sql } from 'drizzle-orm';
import type { AutomaticCode } from '../../server/domain/automatic-install.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { Reader, Transaction } from '../connect.ts';
import { automaticChoice, channel, environment, host, installAttempt, release, subscription } from '../schema/index.ts';
import { idIn } from './views.ts';

/** Notes on which hosts a job tries its release. */
export async function noteAttempts(
  tx: Transaction,
  job: { id: number; productId: number; releaseId: number },
  hostIds: readonly number[],
  by: 'automation' | 'person',
  at: number,
): Promise<void> {
  const { id: jobId, productId, releaseId } = job;
  for (let i = 0; i < hostIds.length; i += 5_000) {
    const rows = hostIds.slice(i, i + 5_000).map((hostId) => ({ hostId, jobId, productId, releaseId, by, at }));
    await tx.insert(installAttempt).values(rows);
  }
}

/** What was tried last on each host, of each of these releases. Along (product, release, host). */
export async function lastAttempts(reader: Reader, productId: number, releaseIds: readonly number[]) {
  if (releaseIds.length === 0) return [];
  return reader
    .selectDistinctOn([installAttempt.releaseId, installAttempt.hostId], {
      hostId: installAttempt.hostId,
      version: release.version,
      by: installAttempt.by,
      at: installAttempt.at,
    })
    .from(installAttempt)
    .innerJoin(release, eq(release.id, installAttempt.releaseId))
    .where(and(eq(installAttempt.productId, productId), idIn(installAttempt.releaseId, releaseIds)))
    .orderBy(installAttempt.releaseId, installAttempt.hostId, sql`${installAttempt.id} desc`);
}

/** Environments that Signalbox updates by itself: managed, `auto`, and following the product. By name. */
export async function automaticEnvironments(reader: Reader, productId: number) {
  return reader
    .select({ id: environment.id, name: environment.name, windows: environment.windows, channel: channel.name })
    .from(environment)
    .innerJoin(subscription, and(eq(subscription.environmentId, environment.id), eq(subscription.productId, productId)))
    .innerJoin(channel, eq(channel.id, subscription.channelId))
    .where(and(eq(environment.updatePolicy, 'auto'), eq(environment.installerMethod, 'managed')))
    .orderBy(asc(environment.name));
}
export type AutomaticEnvironment = Awaited<ReturnType<typeof automaticEnvironments>>[number];

/** One host that automation looks after: what it reports, what has it now, and what was said of it last. */
export interface AutomaticHost extends Record<string, unknown> {
  id: number;
  name: string;
  environmentId: number;
  life: 'active' | 'maintenance' | 'retired';
  version: string | null;
  busyWith: number | null;
  waitsForApproval: boolean;
  shownTarget: string | null;
  shownReasons: Reason<AutomaticCode>[] | null;
}

export async function automaticHosts(
  reader: Reader,
  productId: number,
  environmentIds: readonly number[],
): Promise<AutomaticHost[]> {
  if (environmentIds.length === 0) return [];
  return reader.execute<AutomaticHost>(sql`
    select h.id, h.name, h.environment_id as "environmentId", h.life, p.reported_version as version,
      b.job_id as "busyWith", coalesce(b.waits, false) as "waitsForApproval",
      a.target as "shownTarget", a.reasons as "shownReasons"
    from host h
    left join host_product p on p.host_id = h.id and p.product_id = ${productId}
    left join automatic_choice a on a.host_id = h.id and a.product_id = ${productId}
    left join lateral (
      select t.job_id, j.status = 'waiting_approval' as waits from task t join job j on j.id = t.job_id
      where t.host_id = h.id and t.status in ('pending', 'running') and j.ended_at is null
      order by t.status desc, t.id limit 1) b on true
    where h.environment_id = any(${`{${environmentIds.join(',')}}`}::int[]) and h.life <> 'retired'
    order by h.environment_id, h.role, h.name`);
}

export interface Choice {
  hostId: number;
  target: string | null;
  reasons: Reason<AutomaticCode>[];
}

export async function storeChoices(
  tx: Transaction,
  productId: number,
  choices: readonly Choice[],
  since: number,
): Promise<void> {
  for (let i = 0; i < choices.length; i += 5_000) {
    await tx
      .insert(automaticChoice)
      .values(choices.slice(i, i + 5_000).map((choice) => ({ ...choice, productId, since })))
      .onConflictDoUpdate({
        target: [automaticChoice.productId, automaticChoice.hostId],
        set: { target: sql`excluded.target`, reasons: sql`excluded.reasons`, since: sql`excluded.since` },
      });
  }
}

export interface ChoiceFilter {
  productId?: number | undefined;
  environmentId?: number | undefined;
  hostId?: number | undefined;
}

/** By host and product. */
export async function listChoices(
  reader: Reader,
  { productId, environmentId, hostId }: ChoiceFilter,
  after: readonly [hostId: number, productId: number] | undefined,
  limit: number,
) {
  return reader
    .select({
      hostId: host.id,
      host: host.name,
      environmentId: host.environmentId,
      productId: automaticChoice.productId,
      target: automaticChoice.target,
      reasons: automaticChoice.reasons,
      since: automaticChoice.since,
    })
    .from(automaticChoice)
    .innerJoin(host, eq(host.id, automaticChoice.hostId))
    .where(
      and(
        productId === undefined ? undefined : eq(automaticChoice.productId, productId),
        environmentId === undefined ? undefined : eq(host.environmentId, environmentId),
        hostId === undefined ? undefined : eq(host.id, hostId),
        after && sql`(${automaticChoice.hostId}, ${automaticChoice.productId}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(automaticChoice.hostId), asc(automaticChoice.productId))
    .limit(limit);
}
