import { z } from 'zod';
import { endpoint, idParam } from './endpoint.ts';
import { hostFilterText, listSearch, sortedInput, sortedPage } from './list.ts';
import { glassInput } from './recovery.ts';
import {
  jobPlan,
  jobStatus,
  jobView,
  leftOut,
  reason,
  releaseView,
  role,
  roleName,
  taskStatus,
  taskView,
  wayNotes,
} from './views.ts';

/** Installs before and after they start: preview, jobs, tasks and their logs. */

/** What an approval rule asks for. Durations in milliseconds. */
const approvalNeeded = z.object({
  rule: z.string(),
  required: z.number().int(),
  roles: z.array(roleName),
  allowSelf: z.boolean(),
  expiresAfterMs: z.number().int(),
  startWithinMs: z.number().int(),
});

/** What an install would do, per host, before anything is done. */
export const installPreview = z.object({
  release: releaseView,
  hosts: z.array(
    z.object({
      hostId: z.number().int(),
      name: z.string(),
      role,
      wave: z.number().int(),
      fromVersion: z.string().nullable(),
      /** `skip`: already runs this very artifact. `refuse`: would not start, with the reason. */
      outcome: z.enum(['install', 'skip', 'refuse']),
      reason: reason.nullable(),
      /** The holds that would stop it now; the job would wait for them. */
      heldBy: reason.nullable(),
      /** The closed maintenance window that the job would wait for there, unless it is overridden. */
      windowClosed: reason.nullable(),
    }),
  ),
  /** With `leaveOut`: hosts out of service, which the job would not cover. */
  leftOut: z.array(leftOut).optional(),
  waves: z.array(z.number().int()),
  /** Who has to agree before it starts; null: nobody. */
  approval: approvalNeeded.nullable(),
  /** What the job would run by: the plan asked for, the rest by this server's defaults. */
  plan: jobPlan,
  /** Why the job as a whole would be refused; null = it may start. */
  refusal: reason.nullable(),
  passable: z.boolean().describe('an admin may start it with break-glass: only required releases refuse it'),
  /** Where required releases lie between: the way over them, one job each; null: none is needed. */
  path: z
    .object({
      legs: z.array(z.object({ version: z.string(), hosts: z.number().int() })),
      refusal: reason.nullable().describe('why that way is closed too'),
    })
    .nullable(),
  notes: wayNotes,
});

const hostId = z.number().int().positive().max(2_147_483_647);

const selected = z.object({ hosts: z.number().int(), fingerprint: z.string().max(100) });

const installInput = z.object({
  releaseId: z.number().int().positive(),
  hostIds: z.array(hostId).max(20_000).default([]),
  select: z
    .object({
      filter: hostFilterText,
      except: z.array(hostId).max(20_000).default([]),
      seen: selected.optional().meta({ description: 'of the preview: what is started has to be the same hosts' }),
    })
    .optional()
    .meta({ description: 'in place of hostIds: every host of the product that matches, but those left out' }),
  plan: jobPlan.partial().optional(),
  reason: z.string().trim().max(500).optional(),
  leaveOut: z
    .boolean()
    .optional()
    .meta({ description: 'hosts in maintenance or retired are left out and told, instead of refusing the install' }),
});

export const jobsApi = {
  'installs.preview': endpoint({
    method: 'POST',
    path: '/installs/preview',
    summary: 'What an install would do, per host',
    safe: true,
    input: installInput,
    output: installPreview.extend({ selected: selected.nullable().describe('what `select` stands for now') }),
  }),
  'installs.start': endpoint({
    method: 'POST',
    path: '/installs',
    summary: 'Install a downloaded release on hosts',
    input: installInput.extend({
      breakGlass: glassInput.optional(),
      /** Passes closed maintenance windows. */
      override: glassInput.optional(),
    }),
    output: jobView,
  }),
  'installs.startPath': endpoint({
    method: 'POST',
    path: '/installs/path',
    summary: 'Install a release by way of every required one between: one plan of two or more jobs',
    input: installInput.extend({ override: glassInput.optional() }),
    output: z.object({ jobs: z.array(jobView) }),
  }),
  'jobs.list': endpoint({
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs, newest first unless sorted',
    input: z.object({
      ...sortedInput(['created', 'ended', 'status', 'kind', 'release', 'by']),
      status: jobStatus.optional(),
      card: z.enum(['in_progress', 'succeeded', 'failed']).optional(),
      kind: jobView.shape.kind.optional(),
      productId: idParam.optional(),
      search: listSearch,
    }),
    output: sortedPage(jobView),
  }),
  'jobs.show': endpoint({
    method: 'GET',
    path: '/jobs/:id',
    summary: 'One job',
    input: z.object({ id: idParam }),
    output: jobView,
  }),
  'jobs.tasks': endpoint({
    method: 'GET',
    path: '/jobs/:id/tasks',
    summary: 'Tasks of a job, in order unless sorted, with how its waves stand',
    input: z.object({
      id: idParam,
      ...sortedInput(['position', 'need', 'host', 'wave', 'started']),
      status: taskStatus.optional(),
      search: listSearch,
    }),
    output: sortedPage(taskView).extend({
      waves: z.array(z.object({ wave: z.number().int(), counts: jobView.shape.counts })),
      heldBy: z.array(z.number().int()).describe('the holds that its tasks wait for'),
    }),
  }),
  'jobs.cancel': endpoint({
    method: 'POST',
    path: '/jobs/:id/cancel',
    summary: 'Cancel: pending tasks at once, running ones before activate',
    input: z.object({ id: idParam, reason: z.string().max(500).optional() }),
    output: jobView,
  }),
  'jobs.pause': endpoint({
    method: 'POST',
    path: '/jobs/:id/pause',
    summary: 'Start nothing new',
    input: z.object({ id: idParam }),
    output: jobView,
  }),
  'jobs.resume': endpoint({
    method: 'POST',
    path: '/jobs/:id/resume',
    summary: 'Go on after a pause',
    input: z.object({ id: idParam }),
    output: jobView,
  }),
  'jobs.continue': endpoint({
    method: 'POST',
    path: '/jobs/:id/continue',
    summary: 'Let the manual wave that waits start',
    input: z.object({ id: idParam }),
    output: jobView,
  }),
  'jobs.retry': endpoint({
    method: 'POST',
    path: '/jobs/:id/retry',
    summary: 'A new job for the hosts that did not get there; never more hosts than before',
    input: z.object({
      id: idParam,
      statuses: z
        .array(z.enum(['failed', 'unreachable', 'not_started', 'cancelled']))
        .min(1)
        .optional(),
      rerunHook: z
        .boolean()
        .optional()
        .meta({ description: 'also where nobody knows how a hook ended: it is run again' }),
    }),
    output: jobView,
  }),
  'tasks.show': endpoint({
    method: 'GET',
    path: '/tasks/:id',
    summary: 'One task',
    input: z.object({ id: idParam }),
    output: taskView,
  }),
  'tasks.log': endpoint({
    method: 'GET',
    path: '/tasks/:id/log',
    summary: 'Log of a task from a byte on, as text',
    input: z.object({ id: idParam, from: z.coerce.number<number | string>().int().min(0).default(0) }),
    output: z.object({
      from: z.number().int(),
      to: z.number().int(),
      total: z.number().int(),
      text: z.string(),
      ended: z.boolean(),
    }),
  }),
};
