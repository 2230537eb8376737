import { jobAndDescendants } from '../../../db/queries/incidents.ts';
import { environmentsOfJob } from '../../../db/queries/rollbacks.ts';
import { activityOfRevision, glassAt, holdsTouching, jobAt } from '../../../db/queries/slack-facts.ts';
import { approvalOf, approvalViews, incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import type { EntityKind } from '../../domain/activity.ts';
import { inForce } from '../../domain/holds.ts';
import type { HoldView, IncidentView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { serverUrl } from '../server-url.ts';
import { failingHosts } from './failing.ts';
import { jobAndRelease, waysOut } from './job-facts.ts';
import { messageAbout } from './messages.ts';

/** What an incident's card is made of; null: there is no such incident. */
export async function incidentFacts(ctx: Context, id: number) {
  const incident = await one(incidentViews, ctx.db, id);
  const found = incident && (await jobAndRelease(ctx.db, incident.jobId));
  if (!incident || !found) return null;
  const { job, product } = found;
  const console = serverUrl(ctx.config);
  const environments = await environmentsOfJob(ctx.db, job.id);
  const family = (await jobAndDescendants(ctx.db, job.id)).filter((other) => other !== job.id);
  const holds = await holdsTouching(ctx.db, { product, jobId: job.id });
  const now = ctx.clock.now();
  return {
    incident,
    job,
    product,
    environments,
    approval: (await approvalViews(ctx.db, approvalOf(job.id)))[0] ?? null,
    ...(await failingHosts(ctx.db, job, `${console}/jobs/${job.id}`)),
    recovery: await jobViews(ctx.db, family),
    holds: holds.filter((hold) => inForce({ ...hold, from: hold.startsAt, until: hold.expiresAt }, now)),
    ...(await waysOut(ctx.db, job, ctx.clock.now())),
    url: `${console}/incidents/${id}`,
    jobUrl: `${console}/jobs/${job.id}`,
    jobCardUrl: (await messageAbout(ctx, 'job', job.id))?.permalink ?? null,
  };
}

/** What happened on an incident's way, as a note in its thread tells it. `at`: epoch milliseconds. */
export type IncidentStepFact = { readonly at: number; readonly by: string } & (
  | { readonly kind: 'opened_again' | 'acknowledged' }
  | { readonly kind: 'escalated'; readonly reason: string | null }
  | { readonly kind: 'hold_put' | 'hold_released'; readonly hold: HoldView }
  | {
      readonly kind: 'recovery';
      readonly job: NonNullable<Awaited<ReturnType<typeof jobAt>>>;
      readonly product: string;
      readonly url: string;
    }
  | { readonly kind: 'resolved'; readonly resolution: string | null }
);

/** The step that raised this entity to this revision, and the incident as it was then; null: it is no step. */
export async function incidentStep(
  ctx: Context,
  incidentId: number,
  { kind, id, revision }: { kind: EntityKind; id: number; revision: number },
): Promise<{ incident: IncidentView; step: IncidentStepFact } | null> {
  const activity = await activityOfRevision(ctx.db, kind, id, revision);
  const now = await one(incidentViews, ctx.db, incidentId);
  if (!activity || !now) return null;
  const incident = kind === 'incident' ? (activity.view as IncidentView) : now;
  const step = await stepOf(ctx, incident, activity);
  return step && { incident, step };
}

async function stepOf(
  ctx: Context,
  incident: IncidentView,
  { kind, at, actor, view, detail }: NonNullable<Awaited<ReturnType<typeof activityOfRevision>>>,
): Promise<IncidentStepFact | null> {
  const said = { at, by: actor };
  const reason = typeof detail['reason'] === 'string' ? detail['reason'] : null;
  switch (kind) {
    case 'incident.opened':
      return { ...said, kind: 'opened_again' };
    case 'incident.acknowledged':
      return { ...said, kind: 'acknowledged' };
    case 'incident.escalated':
      return { ...said, kind: 'escalated', reason };
    case 'incident.resolved':
      return { ...said, kind: 'resolved', resolution: incident.resolution };
    case 'hold.created':
      return { ...said, kind: 'hold_put', hold: view as HoldView };
    case 'hold.released':
      return { ...said, kind: 'hold_released', hold: view as HoldView };
    case 'incident.noted':
      return recoveryStep(ctx, Number(detail['job']), at);
    default:
      return null;
  }
}

async function recoveryStep(ctx: Context, jobId: number, at: number): Promise<IncidentStepFact | null> {
  const job = await jobAt(ctx.db, jobId, at);
  const found = job && (await jobAndRelease(ctx.db, jobId));
  if (!job || !found) return null;
  const url = `${serverUrl(ctx.config)}/jobs/${jobId}`;
  return { at, by: job.requestedBy, kind: 'recovery', job, product: found.product, url };
}

/** What the announcement of a break-glass is made of; null: there was none at that instant. Rule: section 11. */
export async function glassFacts(ctx: Context, jobId: number, openedAt: number) {
  const glass = await glassAt(ctx.db, jobId, openedAt);
  const found = glass && (await jobAndRelease(ctx.db, jobId));
  if (!glass || !found) return null;
  const { job, product } = found;
  return {
    job,
    product,
    environments: await environmentsOfJob(ctx.db, jobId),
    hosts: Object.values(job.counts).reduce((sum, count) => sum + count, 0),
    by: glass.by,
    reason: glass.reason,
    at: glass.openedAt,
    planHash: glass.planHash.slice(0, 12),
    url: `${serverUrl(ctx.config)}/jobs/${jobId}`,
  };
}
