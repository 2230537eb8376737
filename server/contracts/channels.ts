import { z } from 'zod';
import type { RequiredEffect } from '../domain/required-impact.ts';
import type { Presence } from '../domain/adoption.ts';
import { endpoint, idParam } from './endpoint.ts';
import { releaseLabels, releaseNotes } from './package.ts';
import { reason, releaseView } from './views.ts';

/** Channels and what happens to releases on them; demotions are in recovery.ts. */

const why = z.string().trim().min(1).max(500);
const count = z.number().int();
const instant = z.number().int().describe('epoch milliseconds');
const labels = z.record(z.string(), z.string());

const channelShown = z.object({
  id: z.number().int(),
  name: z.string(),
  productId: z.number().int(),
  product: z.string(),
});

/** Every entry that the channel ever had; nothing is left out for being demoted, archived or old. */
export const channelHistory = z.object({
  channel: channelShown,
  versioning: z.enum(['semver', 'sequence']),
  /** The newest release that is served. */
  head: z.string().nullable(),
  /** Why there is no head: no active release. */
  problem: reason.nullable(),
  /** The newest sequence first. */
  entries: z.array(
    z.object({
      releaseId: z.number().int(),
      version: z.string(),
      sequence: z.number().int(),
      promotedAt: instant,
      promotedBy: z.string(),
      /** When, by whom and why it was taken off; null: it is active. */
      demotion: z.object({ at: instant, by: z.string(), reason: z.string() }).nullable(),
      required: z.boolean(),
      archivedAt: instant.nullable(),
      labels,
      notes: z.string(),
      package: z.enum(['absent', 'downloading', 'present']),
    }),
  ),
});

const requiredEffect = z.enum([
  'gated_now',
  'gated_at_next_check',
  'freed_now',
  'freed_at_next_check',
  'stays_gated',
  'not_gated',
]) satisfies z.ZodType<RequiredEffect>;

const touched = z.object({
  environmentId: z.number().int(),
  name: z.string(),
  channel: z.string(),
  installerMethod: z.string(),
  hosts: count.nullable().describe('active hosts; null: they are not ours to count'),
});

/** What marking a release as required, or unmarking it, would mean to each environment that follows a channel of it. */
export const requiredPreview = z.object({
  releaseId: z.number().int(),
  version: z.string(),
  /** As it is now. */
  required: z.boolean(),
  /** As it would be. */
  becomes: z.boolean(),
  environments: z.array(
    touched.extend({
      effect: requiredEffect,
      stops: z.array(z.string()).describe('what it may not deploy, or could not until then'),
      sentence: z.string(),
    }),
  ),
});

/** What archiving a release would mean to each environment that follows a channel of it: nothing. */
export const archivePreview = z.object({
  releaseId: z.number().int(),
  version: z.string(),
  archivedAt: instant.nullable(),
  environments: z.array(touched.extend({ sees: z.boolean(), running: count, sentence: z.string() })),
});

const presence = z.enum(['active', 'inactive', 'never_seen']) satisfies z.ZodType<Presence>;

/** Who runs what of a channel. */
export const channelAdoption = z.object({
  channel: channelShown,
  head: z.string().nullable(),
  problem: reason.nullable(),
  /** The newest release first; what is not on the channel and what runs nothing come last. */
  releases: z.array(
    z.object({
      /** null: nothing runs there. */
      version: z.string().nullable(),
      sequence: z.number().int().nullable(),
      demoted: z.boolean(),
      behind: count.nullable().describe('served releases that are newer; null: it cannot be told'),
      ageMs: count.nullable().describe('milliseconds since it was promoted; null: it is not on the channel'),
      environments: count,
      hosts: count,
      /** Of the environments and hosts, those that have been silent for a day. */
      inactiveEnvironments: count,
      inactiveHosts: count,
      lastSeenAt: instant.nullable(),
      presence,
    }),
  ),
  environments: z.array(
    z.object({
      clientId: z.number().int(),
      environmentId: z.number().int(),
      name: z.string(),
      installerMethod: z.string(),
      runs: z.array(z.object({ version: z.string().nullable(), hosts: count.nullable(), failed: z.boolean() })),
      behind: count.nullable(),
      lastSeenAt: instant.nullable(),
      presence,
    }),
  ),
});

export const channelsApi = {
  'channels.list': endpoint({
    method: 'GET',
    path: '/channels',
    summary: 'Channels, by product and name',
    input: z.object({ productId: idParam.optional() }),
    output: z.object({ items: z.array(channelShown) }),
  }),
  'channels.history': endpoint({
    method: 'GET',
    path: '/channels/:id/history',
    summary: 'Every entry of a channel, the newest first, demoted ones with who, when and why',
    input: z.object({ id: idParam }),
    output: channelHistory,
  }),
  'channels.adoption': endpoint({
    method: 'GET',
    path: '/channels/:id/adoption',
    summary: 'Which release of a channel how many environments and hosts run',
    input: z.object({ id: idParam }),
    output: channelAdoption,
  }),
  'releases.edit': endpoint({
    method: 'PATCH',
    path: '/releases/:id',
    summary: 'Change notes or labels of a release; its artifact never changes',
    input: z.object({ id: idParam, notes: releaseNotes.optional(), labels: releaseLabels.optional() }),
    output: releaseView,
  }),
  'releases.archiveImpact': endpoint({
    method: 'GET',
    path: '/releases/:id/archive-impact',
    summary: 'What archiving the release would mean, per environment: nothing',
    input: z.object({ id: idParam }),
    output: archivePreview,
  }),
  'releases.archive': endpoint({
    method: 'POST',
    path: '/releases/:id/archive',
    summary: 'Hide the release from the default list; it stays active and installable',
    input: z.object({ id: idParam, reason: why.optional() }),
    output: releaseView,
  }),
  'releases.unarchive': endpoint({
    method: 'POST',
    path: '/releases/:id/unarchive',
    summary: 'Show an archived release in the default list again',
    input: z.object({ id: idParam, reason: why.optional() }),
    output: releaseView,
  }),
  'releases.requiredImpact': endpoint({
    method: 'GET',
    path: '/releases/:id/required-impact',
    summary: 'Who would be gated, or freed, if the release were marked as required, or unmarked',
    input: z.object({ id: idParam, required: z.enum(['true', 'false']) }),
    output: requiredPreview,
  }),
  'releases.setRequired': endpoint({
    method: 'POST',
    path: '/releases/:id/required',
    summary: 'Mark the release as one that must not be skipped, or unmark it',
    input: z.object({ id: idParam, required: z.boolean(), reason: why.optional() }),
    output: releaseView,
  }),
};
