/** Drafts of dialogs, and what their pickers choose from. */
import { and, asc, desc, eq, gt, isNull, lt, notInArray, sql, type SQL } from 'drizzle-orm';
import type { SeenPlan, SlackDraftInput } from '../../server/contracts/slack.ts';
import type { HoldScope } from '../../server/domain/holds.ts';
import type { Reader } from '../connect.ts';
import { channel, environment, host, job, product, release, slackDraft, subscription, task } from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';

export type DraftRow = typeof slackDraft.$inferSelect;

export async function insertDraft(reader: Reader, values: typeof slackDraft.$inferInsert): Promise<void> {
  await reader.insert(slackDraft).values(values);
}

export async function findDraft(reader: Reader, id: string): Promise<DraftRow | undefined> {
  return (await reader.select().from(slackDraft).where(eq(slackDraft.id, id)))[0];
}

const open = (id: string, personId: number, now: number) =>
  and(
    eq(slackDraft.id, id),
    eq(slackDraft.personId, personId),
    isNull(slackDraft.usedAt),
    gt(slackDraft.expiresAt, now),
  );

/** Stores what has been picked under a higher version; undefined: it is used, has run out, or is somebody else's. */
export async function storeDraft(
  reader: Reader,
  { id, personId, now, input }: { id: string; personId: number; now: number; input: SlackDraftInput },
): Promise<DraftRow | undefined> {
  const [row] = await reader
    .update(slackDraft)
    .set({ input, version: sql`${slackDraft.version} + 1` })
    .where(open(id, personId, now))
    .returning();
  return row;
}

/** Of two who use it at once, one gets true. */
export async function takeDraft(reader: Reader, id: string, personId: number, now: number): Promise<boolean> {
  const rows = await reader
    .update(slackDraft)
    .set({ usedAt: now })
    .where(open(id, personId, now))
    .returning({ id: slackDraft.id });
  return rows.length > 0;
}

export async function giveDraftBack(reader: Reader, id: string): Promise<void> {
  await reader.update(slackDraft).set({ usedAt: null }).where(eq(slackDraft.id, id));
}

/** Remembers what was shown of this version; nothing when there is a newer one. */
export async function noteSeen(reader: Reader, id: string, seen: SeenPlan): Promise<void> {
  const { version, plan } = seen;
  const shown = sql`jsonb_build_object('version', ${version}::int, 'plan', ${plan}::text)`;
  await reader
    .update(slackDraft)
    .set({ input: sql`jsonb_set(${slackDraft.input}, '{seen}', ${shown})` })
    .where(and(eq(slackDraft.id, id), eq(slackDraft.version, version)));
}

export async function forgetDrafts(reader: Reader, before: number): Promise<void> {
  await reader.delete(slackDraft).where(lt(slackDraft.expiresAt, before));
}

/** Releases that are not archived and whose `product version` contains the text: downloaded ones first, then the newest. */
export async function releasesLike(reader: Reader, text: string, limit: number) {
  const name = sql`${product.name} || ' ' || ${release.version}`;
  return reader
    .select({ id: release.id, product: product.name, version: release.version, package: release.package })
    .from(release)
    .innerJoin(product, eq(product.id, release.productId))
    .where(and(isNull(release.archivedAt), contains(name, text)))
    .orderBy(desc(sql`${release.package} = 'present'`), desc(release.publishedAt), desc(release.id))
    .limit(limit);
}

/** Names of what a hold can cover that contain the text; those that begin with it first. */
export async function namesLike(reader: Reader, of: keyof HoldScope, text: string, limit: number): Promise<string[]> {
  const { table, column } = NAMED[of];
  const rows = await reader
    .selectDistinct({ name: column, first: sql<boolean>`starts_with(lower(${column}), lower(${text}))` })
    .from(table)
    .where(contains(sql`${column}`, text))
    .orderBy(desc(sql`2`), asc(column))
    .limit(limit);
  return rows.map(({ name }) => name);
}

const NAMED = {
  product: { table: product, column: product.name },
  channel: { table: channel, column: channel.name },
  environment: { table: environment, column: environment.name },
  host: { table: host, column: host.name },
} as const satisfies Record<keyof HoldScope, unknown>;

function contains(text: SQL, part: string): SQL | undefined {
  return part === '' ? undefined : sql`strpos(lower(${text}), lower(${part})) > 0`;
}

/** How many active hosts a hold of this scope covers, and the installs in flight with work that waits there. */
export async function coveredBy(
  reader: Reader,
  { product: productName, channel: channelName, environment: environmentName, host: hostName }: HoldScope,
): Promise<{ hosts: number; jobs: number[] }> {
  const where = and(
    eq(host.life, 'active'),
    productName === undefined ? undefined : eq(product.name, productName),
    channelName === undefined ? undefined : eq(channel.name, channelName),
    environmentName === undefined ? undefined : eq(environment.name, environmentName),
    hostName === undefined ? undefined : eq(host.name, hostName),
  );
  const covered = reader
    .selectDistinct({
      hostId: sql<number>`${host.id}`.as('covered_host'),
      productId: sql<number>`${product.id}`.as('covered_product'),
    })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .innerJoin(subscription, eq(subscription.environmentId, environment.id))
    .innerJoin(product, eq(product.id, subscription.productId))
    .innerJoin(channel, eq(channel.id, subscription.channelId))
    .where(where)
    .as('covered');
  const [counted] = await reader.select({ hosts: sql<number>`count(distinct ${covered.hostId})::int` }).from(covered);
  const jobs = await reader
    .selectDistinct({ id: job.id })
    .from(job)
    .innerJoin(task, and(eq(task.jobId, job.id), eq(task.status, 'pending')))
    .innerJoin(covered, and(eq(covered.hostId, task.hostId), eq(covered.productId, job.productId)))
    .where(and(eq(job.kind, 'install'), notInArray(job.status, [...endedStatuses])))
    .orderBy(asc(job.id));
  return { hosts: counted?.hosts ?? 0, jobs: jobs.map(({ id }) => id) };
}
