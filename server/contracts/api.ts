import { z } from 'zod';
import { activityLine } from './activity-line.ts';
import { approvalsApi } from './approvals.ts';
import { channelsApi } from './channels.ts';
import { clientsApi } from './clients.ts';
import { displaysApi } from './displays.ts';
import { done, endpoint, idParam, none, pageInput } from './endpoint.ts';
import { hostFilterText, listSearch, sortedInput, sortedPage, wholeInput } from './list.ts';
import { healthApi } from './health.ts';
import { jobsApi } from './jobs.ts';
import { peopleApi } from './people.ts';
import { pipelineApi } from './pipeline.ts';
import { recallApi } from './recall.ts';
import { recoveryApi } from './recovery.ts';
import { slackApi } from './slack.ts';
import { environmentView, holdScope, holdView, hostView, jobView, productView, releaseView } from './views.ts';

const owner = z.string().trim().min(1).max(100);
/** Epoch milliseconds that a date can hold. */
const instant = z.number().int().min(0).max(8.64e15);

const fleetChange = z.object({
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
  ...peopleApi,
  ...jobsApi,
  ...approvalsApi,

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
    summary: 'Releases, newest first unless sorted, with how many each card counts of what the other filters leave',
    input: z.object({
      ...sortedInput(['published', 'product', 'version', 'state', 'size']),
      productId: idParam.optional(),
      product: z.string().max(200).optional(),
      card: z.enum(['available', 'downloaded', 'installed']).optional(),
      archived: z.enum(['true', 'false']).optional(),
      package: releaseView.shape.package.optional(),
      search: listSearch,
    }),
    output: sortedPage(releaseView).extend({
      cards: z.object({
        total: z.number().int(),
        available: z.number().int(),
        downloaded: z.number().int(),
        installed: z.number().int(),
      }),
    }),
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
    summary: 'Environments by name unless sorted; all of them without a limit',
    input: z.object({ ...wholeInput(['name', 'natural', 'installer']), search: listSearch }),
    output: sortedPage(environmentView),
  }),
  'hosts.list': endpoint({
    method: 'GET',
    path: '/hosts',
    summary: 'Hosts by name unless sorted, with how many match in all',
    input: z.object({
      ...sortedInput(['name', 'natural', 'environment', 'role', 'liveness', 'version', 'contact']),
      environmentId: idParam.optional(),
      environment: z.string().max(100).optional(),
      search: listSearch,
      filter: hostFilterText.optional(),
      life: z.enum(['live', 'unreachable', 'unknown', 'maintenance', 'held']).optional(),
    }),
    output: sortedPage(hostView).extend({ total: z.number().int() }),
  }),
  'hosts.show': endpoint({
    method: 'GET',
    path: '/hosts/:id',
    summary: 'One host',
    input: z.object({ id: idParam }),
    output: hostView,
  }),

  'holds.list': endpoint({
    method: 'GET',
    path: '/holds',
    summary: 'Holds, newest first, with the jobs that each stops now',
    input: z.object({
      ...sortedInput(['created', 'expires', 'owner']),
      state: z.enum(['standing', 'past', 'all']).default('standing'),
      id: idParam.optional(),
      search: listSearch,
    }),
    output: sortedPage(holdView.extend({ stopsJobs: z.array(z.number().int()) })),
  }),
  'holds.create': endpoint({
    method: 'POST',
    path: '/holds',
    summary: 'Stop new work in a scope; an empty scope is everything',
    input: z.object({
      scope: holdScope.strict(),
      reason: z.string().trim().min(1).max(500),
      owner: owner.optional(),
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
    summary: 'The log, newest first unless asked for from its beginning',
    input: z.object({
      ...pageInput,
      sort: z.enum(['at', '-at']).default('-at'),
      jobId: idParam.optional(),
      hostId: idParam.optional(),
      productId: idParam.optional(),
      environmentId: idParam.optional(),
      about: z.string().max(40).optional().describe('job, host, release, …: what the line is about'),
      search: listSearch.describe('part of the actor, the kind or the detail'),
      noise: z.enum(['true', 'false']).default('true').describe('false: without steps, progress and reports'),
    }),
    output: sortedPage(activityLine),
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
