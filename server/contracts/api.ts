import { z } from 'zod';
import { endpoint, idParam, page, pageInput } from './endpoint.ts';
import {
  environmentView,
  holdScope,
  holdView,
  hostView,
  jobPlan,
  jobStatus,
  jobView,
  productView,
  releaseView,
  role,
  taskStatus,
  taskView,
  reason,
} from './views.ts';

const roleName = z.enum(['viewer', 'operator', 'approver', 'admin']);
const email = z.email().max(200);
const password = z.string().min(12).max(200);
const personName = z.string().trim().min(1).max(100);
/** Epoch milliseconds that a date can hold. */
const instant = z.number().int().min(0).max(8.64e15);
const none = z.object({});
const done = z.object({ ok: z.literal(true) });

export const me = z.object({
  kind: z.enum(['person', 'token']),
  name: z.string(),
  roles: z.array(roleName),
  /** Every action of the permission table that this caller may do. */
  actions: z.array(z.string()),
});

const tokenView = z.object({
  id: z.number().int(),
  name: z.string(),
  roles: z.array(roleName),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
});

export const personView = z.object({
  id: z.number().int(),
  name: z.string(),
  email: z.string(),
  roles: z.array(roleName),
});

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
    }),
  ),
  waves: z.array(z.number().int()),
  /** Who has to agree before it starts; null: nobody. */
  approval: approvalNeeded.nullable(),
  /** Why the job as a whole would be refused; null = it may start. */
  refusal: reason.nullable(),
});

const installInput = z.object({
  releaseId: z.number().int().positive(),
  hostIds: z.array(z.number().int().positive().max(2_147_483_647)).max(20_000),
  plan: jobPlan.partial().optional(),
  reason: z.string().trim().max(500).optional(),
});

export const activityLine = z.object({
  cursor: z.string(),
  at: z.number(),
  kind: z.string(),
  entity: z.object({ kind: z.string(), id: z.number().int(), revision: z.number().int() }),
  actor: z.string(),
  jobId: z.number().int().nullable(),
  hostId: z.number().int().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

export const fleetChange = z.object({
  action: z.enum(['create', 'change', 'remove', 'keep']),
  kind: z.enum(['product', 'channel', 'environment', 'host', 'rule']),
  name: z.string(),
  line: z.number().int().nullable(),
  fields: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
});
export const fleetPlan = z.object({
  changes: z.array(fleetChange),
  /** Declared nowhere any more, but kept since `prune` was not asked for. */
  unmanaged: z.array(z.object({ kind: z.string(), name: z.string() })),
  applied: z.boolean(),
});

/** Every JSON endpoint of /api/v1. Streams (log download, events) stand apart in server/http. */
export const api = {
  'session.show': endpoint({
    method: 'GET',
    path: '/session',
    summary: 'Who is calling, and what they may do',
    input: none,
    output: me,
  }),
  'session.signIn': endpoint({
    method: 'POST',
    path: '/session',
    summary: 'Sign in with e-mail and password',
    input: z.object({ email, password: z.string().max(200) }),
    output: me,
  }),
  'session.useLink': endpoint({
    method: 'POST',
    path: '/session/link',
    summary: 'Sign in with a one-time link',
    input: z.object({ token: z.string().max(200) }),
    output: me,
  }),
  'session.setUp': endpoint({
    method: 'POST',
    path: '/session/set-up',
    summary: 'Create the first admin with the set-up link',
    input: z.object({ token: z.string().max(200), name: personName, email, password }),
    output: me,
  }),
  'session.signOut': endpoint({
    method: 'DELETE',
    path: '/session',
    summary: 'End this session',
    input: none,
    output: done,
  }),

  'people.list': endpoint({
    method: 'GET',
    path: '/people',
    summary: 'People and their roles',
    input: none,
    output: z.object({ items: z.array(personView) }),
  }),
  'people.invite': endpoint({
    method: 'POST',
    path: '/people',
    summary: 'Add a person; answers with a one-time sign-in link',
    input: z.object({ name: personName, email, roles: z.array(roleName).min(1) }),
    output: z.object({ person: personView, link: z.string() }),
  }),
  'tokens.list': endpoint({
    method: 'GET',
    path: '/tokens',
    summary: 'API tokens, without their secrets',
    input: none,
    output: z.object({ items: z.array(tokenView) }),
  }),
  'tokens.create': endpoint({
    method: 'POST',
    path: '/tokens',
    summary: 'Create an API token; the secret is shown once',
    input: z.object({
      name: personName,
      roles: z.array(z.enum(['viewer', 'operator', 'admin'])).min(1),
      expiresInDays: z.number().int().min(1).max(3650).optional(),
    }),
    output: z.object({ token: tokenView, secret: z.string() }),
  }),
  'tokens.revoke': endpoint({
    method: 'DELETE',
    path: '/tokens/:id',
    summary: 'Revoke an API token',
    input: z.object({ id: idParam }),
    output: done,
  }),

  'products.list': endpoint({
    method: 'GET',
    path: '/products',
    summary: 'Products',
    input: none,
    output: z.object({ items: z.array(productView) }),
  }),
  'products.check': endpoint({
    method: 'POST',
    path: '/products/:id/check',
    summary: 'Check the feed of a product now',
    input: z.object({ id: idParam }),
    output: done,
  }),
  'releases.list': endpoint({
    method: 'GET',
    path: '/releases',
    summary: 'Releases, newest first',
    input: z.object({ ...pageInput, productId: idParam.optional(), archived: z.enum(['true', 'false']).optional() }),
    output: page(releaseView),
  }),
  'releases.show': endpoint({
    method: 'GET',
    path: '/releases/:id',
    summary: 'One release',
    input: z.object({ id: idParam }),
    output: releaseView,
  }),
  'releases.download': endpoint({
    method: 'POST',
    path: '/releases/:id/download',
    summary: 'Download and verify the package',
    input: z.object({ id: idParam }),
    output: jobView,
  }),
  'environments.list': endpoint({
    method: 'GET',
    path: '/environments',
    summary: 'Environments by name',
    input: none,
    output: z.object({ items: z.array(environmentView) }),
  }),
  'hosts.list': endpoint({
    method: 'GET',
    path: '/hosts',
    summary: 'Hosts by name',
    input: z.object({ ...pageInput, environmentId: idParam.optional(), search: z.string().max(100).optional() }),
    output: page(hostView),
  }),
  'hosts.show': endpoint({
    method: 'GET',
    path: '/hosts/:id',
    summary: 'One host',
    input: z.object({ id: idParam }),
    output: hostView,
  }),

  'installs.preview': endpoint({
    method: 'POST',
    path: '/installs/preview',
    summary: 'What an install would do, per host',
    safe: true,
    input: installInput,
    output: installPreview,
  }),
  'installs.start': endpoint({
    method: 'POST',
    path: '/installs',
    summary: 'Install a downloaded release on hosts',
    input: installInput,
    output: jobView,
  }),
  'jobs.list': endpoint({
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs, newest first',
    input: z.object({
      ...pageInput,
      status: jobStatus.optional(),
      card: z.enum(['in_progress', 'succeeded', 'failed']).optional(),
    }),
    output: page(jobView),
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
    summary: 'Tasks of a job, in order',
    input: z.object({ id: idParam, ...pageInput, status: taskStatus.optional() }),
    output: page(taskView),
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
  'holds.list': endpoint({
    method: 'GET',
    path: '/holds',
    summary: 'Holds, newest first, with the jobs that each stops now',
    input: z.object({ ...pageInput, state: z.enum(['standing', 'all']).default('standing') }),
    output: page(holdView.extend({ stopsJobs: z.array(z.number().int()) })),
  }),
  'holds.create': endpoint({
    method: 'POST',
    path: '/holds',
    summary: 'Stop new work in a scope; an empty scope is everything',
    input: z.object({
      scope: holdScope.strict(),
      reason: z.string().trim().min(1).max(500),
      owner: personName.optional(),
      startsAt: instant.optional(),
      expiresAt: instant.optional(),
      strict: z.boolean().default(false),
    }),
    output: holdView,
  }),
  'holds.release': endpoint({
    method: 'POST',
    path: '/holds/:id/release',
    summary: 'Release a hold; what it stopped goes on by itself',
    input: z.object({ id: idParam, reason: z.string().trim().max(500).optional() }),
    output: holdView,
  }),
  'activities.list': endpoint({
    method: 'GET',
    path: '/activities',
    summary: 'The log, newest first',
    input: z.object({ ...pageInput, jobId: idParam.optional(), hostId: idParam.optional() }),
    output: page(activityLine),
  }),
  'fleet.plan': endpoint({
    method: 'POST',
    path: '/fleet/plan',
    summary: 'What applying a fleet file would change',
    safe: true,
    input: z.object({ file: z.string().max(200), text: z.string().max(8_000_000), prune: z.boolean().default(false) }),
    output: fleetPlan,
  }),
  'fleet.apply': endpoint({
    method: 'POST',
    path: '/fleet/apply',
    summary: 'Apply a fleet file',
    input: z.object({ file: z.string().max(200), text: z.string().max(8_000_000), prune: z.boolean().default(false) }),
    output: fleetPlan,
  }),
};

export type Api = typeof api;
export type EndpointName = keyof Api;
