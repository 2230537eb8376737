import { z } from 'zod';
import { ROLES } from '../domain/permission.ts';
import { activityLine } from './activity-line.ts';
import { channelsApi } from './channels.ts';
import { clientsApi } from './clients.ts';
import { displaysApi } from './displays.ts';
import { endpoint, idParam, page, pageInput } from './endpoint.ts';
import { declaredApproval } from './fleet.ts';
import { healthApi } from './health.ts';
import { pipelineApi } from './pipeline.ts';
import { recallApi } from './recall.ts';
import { glassInput, recoveryApi } from './recovery.ts';
import { slackApi } from './slack.ts';
import {
  environmentView,
  approvalView,
  holdScope,
  holdView,
  hostView,
  jobPlan,
  jobStatus,
  jobView,
  leftOut,
  productView,
  releaseView,
  role,
  ruleView,
  taskStatus,
  taskView,
  reason,
} from './views.ts';

const roleName = z.enum(ROLES);
const scopeName = z.string().min(1).max(200).optional();
/** A role in all of the fleet, or only for one product, one environment, or one product in one environment. */
const grant = z.object({ role: roleName, product: scopeName, environment: scopeName });
const grants = z.array(grant).max(200);
/** Tokens never approve. */
const tokenGrants = z.array(grant.extend({ role: z.enum(['viewer', 'operator', 'admin', 'reporter']) })).max(200);
/** Of the device, or a recovery code. */
const code = z.string().trim().min(6).max(40);
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
  grants: z.array(grant),
  /** Every action of the permission table that this caller may do somewhere. */
  actions: z.array(z.string()),
});

const tokenView = z.object({
  id: z.number().int(),
  name: z.string(),
  grants: z.array(grant),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
});

export const personView = z.object({
  id: z.number().int(),
  name: z.string(),
  email: z.string(),
  grants: z.array(grant),
  createdAt: z.number(),
  /** null: may sign in. */
  disabledAt: z.number().nullable(),
  passwordSet: z.boolean(),
  /** Signs in with a code of a device too. */
  totp: z.boolean(),
});

const account = z.object({
  name: z.string(),
  email: z.string(),
  grants: z.array(grant),
  passwordSet: z.boolean(),
  /** Whether a new password asks for the current one; not within 15 minutes after a sign-in link. */
  currentPasswordNeeded: z.boolean(),
  totp: z.boolean(),
  recoveryCodesLeft: z.number().int(),
});

const sessionView = z.object({
  id: z.number().int(),
  createdAt: z.number(),
  lastSeenAt: z.number(),
  expiresAt: z.number(),
  address: z.string().nullable(),
  /** The one that asks. */
  current: z.boolean(),
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
  /** The notes of all releases between what the hosts run and this one, newest first. */
  notes: z.array(z.object({ version: z.string(), notes: z.string(), required: z.boolean() })),
});

const planSummary = z.object({
  hosts: z.number().int(),
  /** Hosts per wave. */
  waves: z.array(z.number().int()),
  environments: z.array(z.string()),
});

export const approvalDetail = z.object({
  approval: approvalView,
  /** Epoch milliseconds from which on the approved plan may not start any more. */
  startBy: z.number().nullable(),
  plan: z.object({
    hash: z.string(),
    releaseDigest: z.string(),
    policy: jobPlan,
    reason: z.string().nullable(),
    waves: planSummary.shape.waves,
    environments: planSummary.shape.environments,
    hosts: z.array(
      z.object({
        hostId: z.number().int(),
        name: z.string(),
        role,
        environmentId: z.number().int(),
        wave: z.number().int(),
        fromVersion: z.string().nullable(),
        toVersion: z.string(),
        /** False: it runs that very artifact already. */
        changes: z.boolean(),
      }),
    ),
  }),
  decisions: z.array(
    z.object({
      by: z.string(),
      roles: z.array(roleName),
      verdict: z.enum(['approve', 'reject', 'cancel']),
      reason: z.string().nullable(),
      at: z.number(),
      result: reason,
    }),
  ),
});

const installInput = z.object({
  releaseId: z.number().int().positive(),
  hostIds: z.array(z.number().int().positive().max(2_147_483_647)).max(20_000),
  plan: jobPlan.partial().optional(),
  reason: z.string().trim().max(500).optional(),
  leaveOut: z
    .boolean()
    .optional()
    .meta({ description: 'hosts in maintenance or retired are left out and told, instead of refusing the install' }),
});

export const fleetChange = z.object({
  action: z.enum(['create', 'change', 'remove', 'keep']),
  kind: z.enum(['product', 'channel', 'environment', 'host', 'rule', 'pipeline']),
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
  ...recoveryApi,
  ...channelsApi,
  ...clientsApi,
  ...pipelineApi,
  ...healthApi,
  ...recallApi,

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
    summary: 'Sign in with e-mail and password, and the code of the device where one is set up',
    input: z.object({ email, password: z.string().max(200), code: code.optional() }),
    output: me,
  }),
  'session.useLink': endpoint({
    method: 'POST',
    path: '/session/link',
    summary: 'Sign in with a one-time link',
    input: z.object({ token: z.string().max(200), code: code.optional() }),
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

  'account.show': endpoint({
    method: 'GET',
    path: '/account',
    summary: 'Your own account',
    input: none,
    output: account,
  }),
  'account.setPassword': endpoint({
    method: 'POST',
    path: '/account/password',
    summary: 'Set your own password; your other sessions end',
    input: z.object({ current: z.string().max(200).optional(), password }),
    output: me,
  }),
  'account.enrolTotp': endpoint({
    method: 'POST',
    path: '/account/totp',
    summary: 'A new secret for an authenticator app; counts once it is confirmed',
    input: none,
    output: z.object({ secret: z.string(), uri: z.string() }),
  }),
  'account.confirmTotp': endpoint({
    method: 'POST',
    path: '/account/totp/confirm',
    summary: 'Turn codes on with the first code of the app; answers with the recovery codes, once',
    input: z.object({ code }),
    output: z.object({ recoveryCodes: z.array(z.string()) }),
  }),
  'account.disableTotp': endpoint({
    method: 'POST',
    path: '/account/totp/disable',
    summary: 'Turn codes off',
    input: z.object({ password: z.string().max(200) }),
    output: done,
  }),
  'account.sessions': endpoint({
    method: 'GET',
    path: '/account/sessions',
    summary: 'Your own sessions, the one last used first',
    input: none,
    output: z.object({ items: z.array(sessionView) }),
  }),
  'account.endSession': endpoint({
    method: 'DELETE',
    path: '/account/sessions/:id',
    summary: 'End one of your sessions',
    input: z.object({ id: idParam }),
    output: done,
  }),
  'account.endOtherSessions': endpoint({
    method: 'POST',
    path: '/account/sessions/end-others',
    summary: 'End all your sessions but this one',
    input: none,
    output: z.object({ ended: z.number().int() }),
  }),

  'people.list': endpoint({
    method: 'GET',
    path: '/people',
    summary: 'People and their grants, disabled ones too',
    input: none,
    output: z.object({ items: z.array(personView) }),
  }),
  'people.invite': endpoint({
    method: 'POST',
    path: '/people',
    summary: 'Add a person; answers with a one-time sign-in link',
    input: z.object({ name: personName, email, grants: grants.min(1) }),
    output: z.object({ person: personView, link: z.string() }),
  }),
  'people.setGrants': endpoint({
    method: 'POST',
    path: '/people/:id/grants',
    summary: "Give and take grants: these are the person's from now on",
    input: z.object({ id: idParam, grants }),
    output: personView,
  }),
  'people.disable': endpoint({
    method: 'POST',
    path: '/people/:id/disable',
    summary: 'Keep a person out; ends their sessions and links',
    input: z.object({ id: idParam }),
    output: personView,
  }),
  'people.enable': endpoint({
    method: 'POST',
    path: '/people/:id/enable',
    summary: 'Let a disabled person sign in again',
    input: z.object({ id: idParam }),
    output: personView,
  }),
  'people.resetTotp': endpoint({
    method: 'POST',
    path: '/people/:id/totp/reset',
    summary: 'Sign-in without a code, for who has lost device and recovery codes',
    input: z.object({ id: idParam }),
    output: personView,
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
      grants: tokenGrants.min(1),
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
    input: installInput,
    output: z.object({ jobs: z.array(jobView) }),
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
  'approvals.list': endpoint({
    method: 'GET',
    path: '/approvals',
    summary: 'Requests for approval, newest first, with what each plan touches',
    input: z.object({ ...pageInput, state: approvalView.shape.state.optional(), jobId: idParam.optional() }),
    output: page(approvalView.extend({ plan: planSummary })),
  }),
  'approvals.show': endpoint({
    method: 'GET',
    path: '/approvals/:id',
    summary: 'One request: its exact plan, what changes on each host, every click and its answer',
    input: z.object({ id: idParam }),
    output: approvalDetail,
  }),
  'approvals.decide': endpoint({
    method: 'POST',
    path: '/approvals/:id/decide',
    summary: 'Approve, reject or cancel; a click that does not count is answered with why',
    input: z.object({
      id: idParam,
      verdict: z.enum(['approve', 'reject', 'cancel']),
      reason: z.string().trim().max(500).optional(),
    }),
    output: z.object({ approval: approvalView, answer: reason }),
  }),
  'approvals.breakGlass': endpoint({
    method: 'POST',
    path: '/jobs/:id/break-glass',
    summary: 'Let one exact plan pass hold, approval, window and required, once, within an hour',
    input: z.object({
      id: idParam,
      reason: z.string().trim().min(1).max(500),
      /** At least the first characters of the plan's hash that the person saw. */
      planHash: z
        .string()
        .regex(/^[0-9a-f]{8,64}$/)
        .optional(),
    }),
    output: jobView,
  }),
  'approvalRules.list': endpoint({
    method: 'GET',
    path: '/approval-rules',
    summary: 'Approval rules, by name, each with the fleet file that owns it',
    input: none,
    output: z.object({ items: z.array(ruleView) }),
  }),
  'approvalRules.save': endpoint({
    method: 'POST',
    path: '/approval-rules',
    summary: 'Create an approval rule, or change the one of that name; what a fleet file owns is changed there',
    input: declaredApproval,
    output: ruleView,
  }),
  'approvalRules.remove': endpoint({
    method: 'DELETE',
    path: '/approval-rules/:id',
    summary: 'Remove an approval rule that was made by hand',
    input: z.object({ id: idParam }),
    output: ruleView,
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
  ...displaysApi,
  ...slackApi,
};

export type Api = typeof api;
export type EndpointName = keyof Api;
