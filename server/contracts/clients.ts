import { z } from 'zod';
import type { Presence } from '../domain/adoption.ts';
import { done, endpoint, idParam } from './endpoint.ts';
import { listSearch, sortedInput, sortedPage, wholeInput } from './list.ts';
import { versionLabel } from './package.ts';
import { reason } from './views.ts';

/** Clients: each environment as one that follows a channel of a product. What they themselves call is in downstream.ts. */

const count = z.number().int();
const instant = z.number().int().describe('epoch milliseconds');
const presence = z.enum(['active', 'inactive', 'never_seen']) satisfies z.ZodType<Presence>;

export const clientShown = z.object({
  id: z.number().int(),
  environmentId: z.number().int(),
  environment: z.string(),
  productId: z.number().int(),
  product: z.string(),
  artifact: z.enum(['package', 'chart']),
  channelId: z.number().int(),
  channel: z.string(),
  installerMethod: z.string(),
  installerVersion: z.string().nullable(),
  /** Milliseconds; null: never by a schedule. */
  checkEveryMs: count.nullable(),
  /** By the schedule; null: none, or the client calls by itself. */
  checkDueAt: instant.nullable(),
  /** The last check that succeeded. */
  checkedAt: instant.nullable(),
  checkedBy: z.enum(['client', 'schedule', 'person']).nullable(),
  /** Why the last check failed; it changed nothing. */
  checkProblem: reason.nullable(),
  /** It was given an answer that it has not said to have whole. */
  unconfirmed: z.boolean(),
  token: z.object({ issuedAt: instant, issuedBy: z.string() }).nullable(),
  /** When it called by itself, or was checked in its place; of a managed one, when a host answered. */
  lastSeenAt: instant.nullable(),
  presence,
  /** What runs there; of a managed environment, by what its hosts report. */
  runs: z.array(
    z.object({
      version: z.string().nullable(),
      failed: z.boolean(),
      hosts: count.nullable(),
      inactiveHosts: count,
    }),
  ),
  deployedAt: instant.nullable(),
});

const seenRelease = z.object({
  version: z.string(),
  sequence: z.number().int().nullable(),
  /** As the client believes it. */
  required: z.boolean(),
  label: z.string().nullable(),
  notes: z.string(),
  /** As the channel states it now, whatever the client knows. */
  demoted: z.boolean(),
  recalled: z.boolean(),
  runs: z.boolean(),
  deployable: z.boolean(),
  /** Why it may not be deployed; null: it may. */
  refusal: reason.nullable(),
  warnings: z.array(reason),
});

const seat = z.object({
  /** What runs in this seat; null: nothing. */
  runs: z.string().nullable(),
  failed: z.boolean(),
  hosts: count.nullable(),
  sees: z.array(seenRelease),
  unseen: z.array(z.object({ version: z.string(), sequence: z.number().int(), reason })),
});

/** Exactly what a client sees now, what it may deploy, and why not; of a managed environment for each version that runs there. */
export const clientOutlook = z.object({ client: clientShown, seats: z.array(seat) });

const matrixCell = z.object({
  clientId: z.number().int(),
  productId: z.number().int(),
  channelId: z.number().int(),
  channel: z.string(),
  runs: z.array(
    z.object({
      version: z.string().nullable(),
      hosts: count.nullable(),
      failed: z.boolean(),
      behind: count.nullable(),
    }),
  ),
  /** The newest release that may be deployed and is newer than the oldest that runs. */
  next: z.string().nullable(),
  /** The newest release on the channel. */
  head: z.string().nullable(),
  /** What stops the way to the head; null: nothing, or it is there. */
  blocked: reason.nullable(),
  lastSeenAt: instant.nullable(),
  presence,
});

/** Environment × product: what runs where, what is next, what blocks it. */
export const matrix = z.object({
  products: z.array(z.object({ id: z.number().int(), name: z.string() })),
  ...sortedPage(
    z.object({
      id: z.number().int(),
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      cells: z.array(matrixCell),
    }),
  ).shape,
  total: z.number().int(),
});

export const clientsApi = {
  'clients.list': endpoint({
    method: 'GET',
    path: '/clients',
    summary: 'Clients: environments by the product that they follow',
    input: z.object({
      ...wholeInput(['environment', 'product', 'checked']),
      environmentId: idParam.optional(),
      channelId: idParam.optional(),
      productId: idParam.optional(),
      search: listSearch,
    }),
    output: sortedPage(clientShown),
  }),
  'clients.show': endpoint({
    method: 'GET',
    path: '/clients/:id',
    summary: 'What a client sees now, what it may deploy, and why not',
    input: z.object({ id: idParam }),
    output: clientOutlook,
  }),
  'clients.check': endpoint({
    method: 'POST',
    path: '/clients/:id/check',
    summary: 'Check now, as the client itself would; answers with what appeared and disappeared',
    input: z.object({ id: idParam }),
    output: z.object({ appeared: z.array(z.string()), disappeared: z.array(z.string()) }),
  }),
  'clients.deploy': endpoint({
    method: 'POST',
    path: '/clients/:id/deploy',
    summary: 'Note that a release was deployed there, where its installer allows it',
    input: z.object({
      id: idParam,
      version: versionLabel,
      outcome: z.enum(['succeeded', 'failed']).default('succeeded'),
    }),
    output: done,
  }),
  'clients.issueToken': endpoint({
    method: 'POST',
    path: '/clients/:id/token',
    summary: 'A new token for the feed of this client, in place of the one before; the secret is shown once',
    input: z.object({ id: idParam }),
    output: z.object({ secret: z.string() }),
  }),
  'clients.revokeToken': endpoint({
    method: 'DELETE',
    path: '/clients/:id/token',
    summary: 'Revoke the token of a client',
    input: z.object({ id: idParam }),
    output: done,
  }),
  'matrix.show': endpoint({
    method: 'GET',
    path: '/matrix',
    summary: 'Environments by product: what runs where, what is next, what blocks it',
    input: z.object({ ...sortedInput(['name', 'natural', 'installer']), search: listSearch }),
    output: matrix,
  }),
};
