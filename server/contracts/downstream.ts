import { z } from 'zod';
import type { Channel } from '../domain/channel.ts';
import { versionLabel } from './package.ts';
import { reason } from './views.ts';

/**
 * Terminology
 *   downstream feed  what clients of a channel ask, each under its own token
 *   answer           the feed as it was stated once; its ETag names it
 *   mark             `demoted` or `recalled`: hides, where mere absence does not
 */

/** One entry of the channel, as it is stated to a client. Marked ones are stated too. */
const statedEntry = z.object({
  version: z.string(),
  sequence: z.number().int(),
  demoted: z.boolean(),
  recalled: z.boolean(),
  required: z.boolean(),
  /** The labels as one line; absent: none. */
  label: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  notes: z.string(),
  /** SHA-256 of the artifact, hexadecimal. */
  digest: z.string(),
  size: z.number().int(),
  /** Epoch milliseconds. */
  promotedAt: z.number().int(),
  /** Where the artifact is, from the root of this server; null: it is not given out. */
  artifact: z.string().nullable(),
});

/** The answer of the downstream feed. It is whole only when `entries` has `count` of them. */
export const downstreamFeed = z.object({
  product: z.string(),
  channel: z.string(),
  versioning: z.enum(['semver', 'sequence']),
  /** The newest release that is served; null with `problem`. */
  head: z.string().nullable(),
  problem: reason.nullable(),
  count: z.number().int(),
  entries: z.array(statedEntry),
});

export type DownstreamFeed = z.output<typeof downstreamFeed>;

/** The channel as an answer states it: what a client's check works with. Rule: section 4. */
export function channelStated({ versioning, entries }: DownstreamFeed): Channel {
  return {
    versioning,
    entries: entries.map(({ version, sequence, demoted, recalled, required, label, notes }) => ({
      ...{ version, sequence, demoted, recalled, required, label, notes },
    })),
  };
}

/** What a client says: that it has an answer whole, what it deployed, or both. */
export const clientReport = z
  .object({
    etag: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'ETag of the answer that it has whole: its check is done' }),
    deployed: z.object({ version: versionLabel, outcome: z.enum(['succeeded', 'failed']) }).optional(),
  })
  .refine(({ etag, deployed }) => etag !== undefined || deployed !== undefined, 'says nothing: send etag or deployed');

export type ClientReport = z.output<typeof clientReport>;

export const clientReportAnswer = z.object({
  /** What the check brought; null: none was reported. */
  check: z.object({ appeared: z.array(z.string()), disappeared: z.array(z.string()) }).nullable(),
  /** Why a deploy should not have been possible by the rules; it is stored all the same. */
  surprise: reason.nullable(),
});
