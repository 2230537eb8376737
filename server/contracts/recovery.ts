import { z } from 'zod';
import type { Impact } from '../domain/impact.ts';
import { activityLine } from './activity-line.ts';
import { endpoint, idParam } from './endpoint.ts';
import { listSearch, sortedInput, sortedPage } from './list.ts';
import { holdView, incidentView, jobPlan, jobView, reason, releaseView, role } from './views.ts';

/** Taking things back: demotions, rollbacks, and the incidents that they answer. */

const why = z.string().trim().min(1).max(500);
const channelName = z.string().min(1).max(63);
const count = z.number().int();

/** An admin's break-glass for exactly what is started with it; everybody reads the reason. Rule: section 11. */
export const glassInput = z.object({ reason: why });

const impact = z.enum([
  'deployed_unaffected',
  'never_appears',
  'disappears_now',
  'stays_listed',
  'disappears_at_next_check',
  'stays_available',
]) satisfies z.ZodType<Impact>;

/** What demoting a release on a channel would mean to each environment that follows the channel. */
export const demotionPreview = z.object({
  releaseId: z.number().int(),
  version: z.string(),
  channel: z.string(),
  /** It is demoted there already. */
  demoted: z.boolean(),
  environments: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      installerMethod: z.string(),
      installerVersion: z.string().nullable(),
      hosts: count.describe('active hosts'),
      running: count.describe('active hosts that report this release; 1 where a client deployed it'),
      queued: count.describe('installs of it that have not started and will be refused'),
      impact,
      sentence: z.string(),
    }),
  ),
  counts: z.partialRecord(impact, count).describe('environments by what happens to them'),
});

const target = z.object({ releaseId: z.number().int(), version: z.string() });

/** What a rollback of a job would do, per host, before anything is done. */
export const rollbackPreview = z.object({
  jobId: z.number().int(),
  /** The release that is rolled back. */
  from: target,
  hosts: z.array(
    z.object({
      hostId: z.number().int(),
      name: z.string(),
      role,
      /** Version that the host reports now. */
      reports: z.string().nullable(),
      liveness: z.enum(['unknown', 'live', 'unreachable']),
      /** Why it is affected; empty: it is not. */
      causes: z.array(z.enum(['failed', 'unreachable', 'inconsistent', 'unhealthy'])),
      /** The rollback covers it. */
      chosen: z.boolean(),
      /** `skip`: it runs the target and is well. `refuse`: with the reason; `no_known_good` contains the rollout. */
      outcome: z.enum(['install', 'skip', 'refuse']),
      /** Its known-good release. */
      target: target.nullable(),
      /** It has the target still: nothing is sent. */
      onHost: z.boolean(),
      warnings: z.array(reason),
      reason: reason.nullable(),
    }),
  ),
  /** One job per release that hosts go back to. */
  jobs: z.array(target.extend({ hosts: count, waves: z.array(count) })),
  /** Chosen hosts without a known-good release: the start would halt the job, hold the product and open an incident. */
  stuck: z.array(z.string()),
  /** Why the rollback as a whole would be refused; null = it may start. */
  refusal: reason.nullable(),
  passable: z.boolean().describe('an admin may start it with break-glass: only required releases refuse it'),
});

const rollbackStarted = rollbackPreview.extend({
  started: z.array(jobView),
  contained: z.object({ incident: incidentView, holds: z.array(holdView) }).nullable(),
});

const rollbackInput = z.object({
  id: idParam,
  /** Absent: the affected hosts of the job. */
  hostIds: z.array(z.number().int().positive().max(2_147_483_647)).min(1).max(20_000).optional(),
  includeHealthy: z.boolean().optional(),
  plan: jobPlan.partial().optional(),
});

const incidentShown = z.object({
  incident: incidentView,
  /** The incident's job, its retries and rollbacks. */
  jobs: z.array(jobView),
  /** What the log says of these jobs, oldest first; the last 500 lines. */
  timeline: z.array(activityLine),
  /** There are older lines. */
  earlier: z.boolean(),
});

export const recoveryApi = {
  'releases.demotionImpact': endpoint({
    method: 'GET',
    path: '/releases/:id/demotion-impact',
    summary: 'What demoting the release on a channel would mean, per environment',
    input: z.object({ id: idParam, channel: channelName }),
    output: demotionPreview,
  }),
  'releases.demote': endpoint({
    method: 'POST',
    path: '/releases/:id/demote',
    summary: 'Take the release off a channel; nothing is withdrawn from hosts',
    input: z.object({ id: idParam, channel: channelName, reason: why }),
    output: releaseView,
  }),
  'releases.undemote': endpoint({
    method: 'POST',
    path: '/releases/:id/undemote',
    summary: 'Make a demoted entry active again, at its old place',
    input: z.object({ id: idParam, channel: channelName, reason: why }),
    output: releaseView,
  }),
  'rollbacks.preview': endpoint({
    method: 'POST',
    path: '/jobs/:id/rollback/preview',
    summary: 'What a rollback of the job would do, per host',
    safe: true,
    input: rollbackInput,
    output: rollbackPreview,
  }),
  'rollbacks.start': endpoint({
    method: 'POST',
    path: '/jobs/:id/rollback',
    summary: 'Bring the affected hosts of a job back to what was good on each',
    input: rollbackInput.extend({ reason: why, breakGlass: glassInput.optional() }),
    output: rollbackStarted,
  }),
  'incidents.list': endpoint({
    method: 'GET',
    path: '/incidents',
    summary: 'Incidents, newest first',
    input: z.object({
      ...sortedInput(['opened', 'resolved', 'status']),
      status: z.enum(['open', 'acknowledged', 'resolved', 'standing']).optional().describe('standing: not resolved'),
      search: listSearch,
    }),
    output: sortedPage(incidentView),
  }),
  'incidents.show': endpoint({
    method: 'GET',
    path: '/incidents/:id',
    summary: 'One incident, with the timeline of its job, retries and rollbacks',
    input: z.object({ id: idParam }),
    output: incidentShown,
  }),
  'incidents.acknowledge': endpoint({
    method: 'POST',
    path: '/incidents/:id/acknowledge',
    summary: 'Take the incident; the owner is the caller unless named',
    input: z.object({ id: idParam, owner: z.string().trim().min(1).max(100).optional() }),
    output: incidentView,
  }),
  'incidents.escalate': endpoint({
    method: 'POST',
    path: '/incidents/:id/escalate',
    summary: 'Call others to the incident: said in its thread and in the log',
    input: z.object({ id: idParam, reason: z.string().trim().max(500).optional() }),
    output: incidentView,
  }),
  'incidents.resolve': endpoint({
    method: 'POST',
    path: '/incidents/:id/resolve',
    summary: 'End the incident, with what ended it',
    input: z.object({ id: idParam, resolution: z.string().trim().min(1).max(2_000) }),
    output: incidentView,
  }),
};
