import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { entriesWithPast } from '../../../db/queries/channels.ts';
import { channelById } from '../../../db/queries/catalog.ts';
import { noteClientSeen } from '../../../db/queries/clients.ts';
import { Refusal } from '../../contracts/errors.ts';
import { servedEntries } from '../../domain/channel.ts';
import { parseSemver } from '../../domain/semver.ts';
import type { Context } from '../context.ts';
import { clientAt, type FeedRequest } from './feed.ts';

/**
 * The channel as a Helm repository: its active entries at this moment, newest first. Helm asks for them whenever its user
 * says so and keeps nothing that we would have to know of. Refusal: `not_found` for a product that is no chart. Rule: section 4 (`helm`).
 */
export async function readHelmIndex(ctx: Context, request: FeedRequest): Promise<{ tag: string; content: string }> {
  const { row, product, channel } = await clientAt(ctx, request);
  if (product.artifact !== 'chart') {
    const sentence = `Index refused: ${product.name} is no Helm chart. Say artifact: chart in its fleet file.`;
    throw new Refusal('not_found', sentence);
  }
  await noteClientSeen(ctx.db, row.id, ctx.clock.now());
  const known = (await channelById(ctx.db, channel.id)) ?? { versioning: product.versioning, entries: [] };
  const past = new Map((await entriesWithPast(ctx.db, channel.id)).map((entry) => [entry.version, entry]));
  // Helm orders and finds charts by SemVer, and skips a repository whose index has what is not.
  const versions = servedEntries(known).flatMap(({ version }) =>
    parseSemver(version) ? (past.get(version) ?? []) : [],
  );
  const charts = versions.map((entry) => ({
    apiVersion: 'v2',
    name: product.name,
    version: entry.version,
    description: entry.notes.split('\n', 1)[0] ?? '',
    created: new Date(entry.promotedAt).toISOString(),
    digest: entry.digest,
    urls: [`charts/${encodeURIComponent(chartFile(product.name, entry.version))}`],
    annotations: { 'signalbox/required': String(entry.required) },
  }));
  const generated = new Date(Math.max(0, ...versions.map(({ promotedAt }) => promotedAt))).toISOString();
  const content = stringify({ apiVersion: 'v1', entries: { [product.name]: charts }, generated });
  return { tag: `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`, content };
}

function chartFile(name: string, version: string): string {
  return `${name}-${version}.tgz`;
}

/** The version in the name of a chart's archive; null: it is none of this product. */
export function versionInChartFile(name: string, file: string): string | null {
  const [before, after] = [`${name}-`, '.tgz'];
  if (!file.startsWith(before) || !file.endsWith(after)) return null;
  return file.slice(before.length, -after.length) || null;
}
