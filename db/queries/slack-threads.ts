import { and, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type { Liveness } from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import { approval, environment, host, hostProduct, incident, job, product, slackMessage } from '../schema/index.ts';
import { idIn } from './views.ts';

/** The job that a message of ours is about, and the job's incident where it has one. Along (channel, ts). */
export async function jobOfMessage(reader: Reader, { channel, ts }: { channel: string; ts: string }) {
  const [row] = await reader
    .select({
      jobId: job.id,
      productId: job.productId,
      releaseId: job.releaseId,
      incidentId: sql<number | null>`own.id`,
    })
    .from(slackMessage)
    .leftJoin(approval, and(eq(slackMessage.purpose, 'approval'), eq(approval.id, slackMessage.entityId)))
    .leftJoin(incident, and(eq(slackMessage.purpose, 'incident'), eq(incident.id, slackMessage.entityId)))
    .innerJoin(
      job,
      or(
        and(eq(slackMessage.purpose, 'job'), eq(job.id, slackMessage.entityId)),
        eq(job.id, approval.jobId),
        eq(job.id, incident.jobId),
      ),
    )
    .leftJoin(sql`incident as own`, sql`own.job_id = ${job.id}`)
    .where(and(eq(slackMessage.channel, channel), eq(slackMessage.ts, ts)));
  return row;
}

/** Products whose cards or trouble go to this channel of Slack. */
export async function productsOfSlackChannel(reader: Reader, channel: string): Promise<number[]> {
  const rows = await reader
    .select({ id: product.id })
    .from(product)
    .where(or(eq(product.slackChannel, channel), eq(product.slackEscalation, channel)));
  return rows.map(({ id }) => id);
}

/** How many active hosts of each environment are live, unreachable or were never reached. */
export async function activeHosts(reader: Reader) {
  return reader
    .select({
      environmentId: host.environmentId,
      liveness: sql<Liveness>`${host.liveness}`,
      hosts: sql<number>`count(*)::int`,
    })
    .from(host)
    .where(eq(host.life, 'active'))
    .groupBy(host.environmentId, host.liveness);
}

/** How many hosts of each environment report each of these releases; by name of the environment. */
export async function hostsReporting(reader: Reader, releaseIds: readonly number[]) {
  if (releaseIds.length === 0) return [];
  return reader
    .select({
      releaseId: sql<number>`${hostProduct.reportedReleaseId}`,
      environment: environment.name,
      hosts: sql<number>`count(*)::int`,
    })
    .from(hostProduct)
    .innerJoin(host, eq(host.id, hostProduct.hostId))
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(idIn(hostProduct.reportedReleaseId, releaseIds))
    .groupBy(hostProduct.reportedReleaseId, environment.name)
    .orderBy(environment.name);
}

/** Where the cards of these approvals, jobs or incidents stand, by id. */
export async function permalinksOf(
  reader: Reader,
  purpose: 'job' | 'approval' | 'incident',
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .select({ id: slackMessage.entityId, permalink: slackMessage.permalink })
    .from(slackMessage)
    .where(
      and(
        eq(slackMessage.purpose, purpose),
        eq(slackMessage.part, ''),
        inArray(slackMessage.entityId, [...ids]),
        isNotNull(slackMessage.permalink),
      ),
    );
  return new Map(rows.flatMap(({ id, permalink }) => (permalink === null ? [] : [[id, permalink] as const])));
}
