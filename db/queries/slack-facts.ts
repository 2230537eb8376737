/** What messages in Slack are made of, beyond the views. */
import { and, asc, eq, exists, inArray, isNull, notInArray, or, sql } from 'drizzle-orm';
import type { ActivityKind, AnyActivity, EntityKind } from '../../server/domain/activity.ts';
import type { HoldScope } from '../../server/domain/holds.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { HoldView, JobView, TaskView } from '../../server/domain/views.ts';
import type { Reader } from '../connect.ts';
import {
  activity,
  approval,
  breakGlass,
  environment,
  hold,
  host,
  incident,
  job,
  person,
  product,
  slackAccount,
  task,
} from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';
import { holdViews } from './steering-views.ts';
import { taskViews } from './views.ts';

/** Everything that is under way: what gets a card when the bot is there for the first time. */
export async function inFlight(reader: Reader): Promise<{ purpose: 'job' | 'approval' | 'incident'; id: number }[]> {
  const jobs = await reader
    .select({ id: job.id })
    .from(job)
    .where(notInArray(job.status, [...endedStatuses]));
  const approvals = await reader.select({ id: approval.id }).from(approval).where(eq(approval.state, 'pending'));
  const incidents = await reader.select({ id: incident.id }).from(incident).where(isNull(incident.resolvedAt));
  return [
    ...jobs.map(({ id }) => ({ purpose: 'job' as const, id })),
    ...approvals.map(({ id }) => ({ purpose: 'approval' as const, id })),
    ...incidents.map(({ id }) => ({ purpose: 'incident' as const, id })),
  ];
}

/** Incidents that are not over and whose job a hold of this scope touches, if it is about their product at all. */
export async function incidentsUnder(reader: Reader, scope: HoldScope): Promise<number[]> {
  const rows = await reader
    .select({ id: incident.id })
    .from(incident)
    .innerJoin(product, eq(product.id, incident.productId))
    .where(
      and(
        isNull(incident.resolvedAt),
        scope.product === undefined ? undefined : eq(product.name, scope.product),
        scope.environment === undefined && scope.host === undefined
          ? undefined
          : inArray(
              incident.jobId,
              reader
                .select({ id: task.jobId })
                .from(task)
                .innerJoin(host, eq(host.id, task.hostId))
                .innerJoin(environment, eq(environment.id, host.environmentId))
                .where(
                  and(
                    scope.environment === undefined ? undefined : eq(environment.name, scope.environment),
                    scope.host === undefined ? undefined : eq(host.name, scope.host),
                  ),
                ),
            ),
      ),
    )
    .orderBy(asc(incident.id));
  return rows.map(({ id }) => id);
}

/** Holds that nobody has released and that cover what a job touches. Those of a release that a rollback left are not among them. */
export function holdsTouching(reader: Reader, of: { product: string; jobId: number }): Promise<HoldView[]> {
  const covers = exists(
    reader
      .select({ id: task.id })
      .from(task)
      .innerJoin(host, eq(host.id, task.hostId))
      .innerJoin(environment, eq(environment.id, host.environmentId))
      .where(
        and(
          eq(task.jobId, of.jobId),
          or(isNull(hold.environment), eq(hold.environment, environment.name)),
          or(isNull(hold.host), eq(hold.host, host.name)),
        ),
      ),
  );
  return holdViews(reader, {
    where: and(
      isNull(hold.releasedAt),
      isNull(hold.barVersion),
      or(isNull(hold.product), eq(hold.product, of.product)),
      covers,
    ),
    orderBy: [asc(hold.id)],
  });
}

export interface StoryLine {
  kind: ActivityKind;
  at: number;
  by: string;
  /** A host had been taken for it by then. */
  started: boolean;
  waiting: boolean;
  problem: Reason | null;
  glassReason: string | null;
}

/** What the log says of a job itself, without its progress, and when each of its waves began. Along `activity_entity_revision`. */
export async function jobStory(reader: Reader, jobId: number) {
  const ofJob = and(eq(activity.entityKind, 'job'), eq(activity.entityId, jobId));
  const lines: StoryLine[] = await reader
    .select({
      kind: activity.kind,
      at: activity.at,
      by: activity.actor,
      started: sql<boolean>`${activity.view}->>'startedAt' is not null`,
      waiting: sql<boolean>`${activity.view}->>'status' = 'waiting'`,
      problem: sql<Reason | null>`${activity.view}->'problem'`,
      glassReason: sql<string | null>`${activity.view}->'brokenGlass'->>'reason'`,
    })
    .from(activity)
    .where(and(ofJob, sql`${activity.kind} <> 'job.progressed'`))
    .orderBy(asc(activity.entityRevision));
  const wave = sql<number>`(${activity.view}->>'wave')::int`;
  const waves = await reader
    .select({ wave, at: sql<number>`min(${activity.at})`.mapWith(activity.at) })
    .from(activity)
    .where(and(ofJob, sql`${activity.view}->>'startedAt' is not null`))
    .groupBy(sql`1`)
    .orderBy(sql`1`);
  return { lines, waves };
}

/** The activity that raised an entity to this revision. */
export async function activityOfRevision(
  reader: Reader,
  kind: EntityKind,
  id: number,
  revision: number,
): Promise<Pick<AnyActivity, 'kind' | 'at' | 'actor' | 'view' | 'detail'> | undefined> {
  const [row] = await reader
    .select({
      kind: activity.kind,
      at: activity.at,
      actor: activity.actor,
      view: activity.view,
      detail: activity.detail,
    })
    .from(activity)
    .where(and(eq(activity.entityKind, kind), eq(activity.entityId, id), eq(activity.entityRevision, revision)));
  return row as Pick<AnyActivity, 'kind' | 'at' | 'actor' | 'view' | 'detail'> | undefined;
}

/** A job as the log showed it at that instant, at the latest. */
export async function jobAt(reader: Reader, jobId: number, at: number): Promise<JobView | undefined> {
  const [row] = await reader
    .select({ view: activity.view })
    .from(activity)
    .where(
      and(
        eq(activity.entityKind, 'job'),
        eq(activity.entityId, jobId),
        sql`${activity.at} <= ${new Date(at).toISOString()}::timestamptz`,
      ),
    )
    .orderBy(sql`${activity.entityRevision} desc`)
    .limit(1);
  return row?.view as JobView | undefined;
}

/** Tasks of a job in these states, in its order. */
export function tasksIn(
  reader: Reader,
  jobId: number,
  statuses: readonly TaskView['status'][],
  limit: number,
): Promise<TaskView[]> {
  return taskViews(reader, {
    where: and(eq(task.jobId, jobId), inArray(task.status, [...statuses])),
    orderBy: [asc(task.position)],
    limit,
  });
}

/** When the last task of a job ended. */
export async function lastEnd(reader: Reader, jobId: number): Promise<number | null> {
  const [row] = await reader
    .select({ at: sql`max(${task.endedAt})`.mapWith(task.endedAt) })
    .from(task)
    .where(eq(task.jobId, jobId));
  return (row?.at as number | null | undefined) ?? null;
}

/** Where messages about a job belong: its product's channels, and those of each environment that it touches. */
export async function channelsOfJob(reader: Reader, jobId: number) {
  const [own] = await reader
    .select({ slackChannel: product.slackChannel, slackEscalation: product.slackEscalation })
    .from(job)
    .innerJoin(product, eq(product.id, job.productId))
    .where(eq(job.id, jobId));
  const environments = await reader
    .selectDistinct({
      id: environment.id,
      slackChannel: environment.slackChannel,
      slackEscalation: environment.slackEscalation,
    })
    .from(task)
    .innerJoin(host, eq(host.id, task.hostId))
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(eq(task.jobId, jobId));
  return { product: own, environments };
}

export async function glassAt(reader: Reader, jobId: number, openedAt: number) {
  const [row] = await reader
    .select()
    .from(breakGlass)
    .where(and(eq(breakGlass.jobId, jobId), eq(breakGlass.openedAt, openedAt)));
  return row;
}

/** Slack users of the person who asked for a job; none when it was no person, or they are disabled, or not linked. */
export async function requestersOf(reader: Reader, jobId: number, teams: readonly string[]): Promise<string[]> {
  const rows = await reader
    .select({ user: slackAccount.user })
    .from(job)
    .innerJoin(person, and(eq(person.id, job.requestedById), isNull(person.disabledAt)))
    .innerJoin(slackAccount, eq(slackAccount.personId, person.id))
    .where(and(eq(job.id, jobId), inArray(slackAccount.team, [...teams])))
    .orderBy(asc(slackAccount.linkedAt));
  return rows.map(({ user }) => user);
}
