import { z } from 'zod';
import { productName, releaseHooks, releaseLabels, releaseNotes, versionLabel } from './package.ts';
import { parseListing, type Parsed } from './parse-problem.ts';

/**
 * Terminology
 *   feed        where the releases of a product come from: an index on a web server, or a folder of packages
 *   feed index  the JSON document of an HTTP feed; its releases stand in the order of their publication, oldest first
 */

const address = z
  .string()
  .min(1)
  .max(2_048)
  .regex(/^[^\s\u0000-\u001f\u007f]+$/, 'contains a space or a control character');

/** 4 TiB: far above every package, far below where byte counts lose their exactness. */
const MAX_ARTIFACT_BYTES = 4 * 1024 ** 4;

/** Fields we do not know are ignored, so that an index may carry more than this version of Signalbox reads. */
export const feedIndexRelease = z.object({
  version: versionLabel,
  artifact: address.meta({ description: 'the URL of the package, absolute or relative to this index' }),
  size: z.int().min(1).max(MAX_ARTIFACT_BYTES).meta({ description: 'the size of the package in bytes' }),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 digest')
    .toLowerCase()
    .meta({ description: 'the SHA-256 of the package: 64 hexadecimal digits' }),
  signature: address
    .optional()
    .meta({ description: 'the URL of the .minisig file, absolute or relative to this index' }),
  notes: releaseNotes.optional(),
  labels: releaseLabels.optional(),
  required: z.boolean().optional().meta({ description: 'true when hosts must not skip this release' }),
  minimumVersion: versionLabel
    .optional()
    .meta({ description: 'the oldest installed version this release may be installed over' }),
  hooks: releaseHooks.optional(),
  publishedAt: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'an instant such as "2026-05-04T12:00:00Z"' }),
});

export const feedIndex = z
  .object({
    $schema: z.string().max(500).optional().meta({ description: 'the address of this schema, for editors' }),
    schema: z.literal(1).meta({ description: 'the number 1, the version of this format' }),
    product: productName,
    releases: z
      .array(feedIndexRelease)
      .max(10_000)
      .superRefine(refuseRepeatedVersions)
      .meta({ description: 'at most 10 000 releases, oldest first, each version once' }),
  })
  .meta({
    title: 'Signalbox feed index',
    description: 'a JSON object with schema, product and releases: the index.json of an HTTP release feed',
  });

export type FeedIndex = z.output<typeof feedIndex>;
export type FeedIndexInput = z.input<typeof feedIndex>;
export type FeedIndexRelease = z.output<typeof feedIndexRelease>;

/** Parses an `index.json`; a failure lists every problem with its path and next step. */
export function parseFeedIndex(input: unknown): Parsed<FeedIndex> {
  return parseListing(feedIndex, input);
}

/** The JSON Schema (draft 2020-12) that the server publishes at `/schemas/feed-index.json`. */
export function feedIndexJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(feedIndex, { io: 'input', unrepresentable: 'any' });
}

function refuseRepeatedVersions(releases: readonly { version: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { version }] of releases.entries()) {
    if (seen.has(version)) {
      context.addIssue({ code: 'custom', path: [index, 'version'], message: `repeats version ${version}` });
    }
    seen.add(version);
  }
}
