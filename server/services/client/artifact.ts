import { channelById } from '../../../db/queries/catalog.ts';
import { releaseByVersion } from '../../../db/queries/clients.ts';
import { Refusal } from '../../contracts/errors.ts';
import { entryOf } from '../../domain/channel.ts';
import { decideDownload } from '../../domain/download.ts';
import type { Context } from '../context.ts';
import { packagePath } from '../release/package-path.ts';
import { clientAt, type FeedRequest } from './feed.ts';

/** A file that a client may have now. */
export interface ClientArtifact {
  /** On this server. */
  path: string;
  /** As the client should call it. */
  name: string;
  size: number;
  /** SHA-256, hexadecimal. */
  digest: string;
}

/**
 * The artifact of a release for a client of the channel. Refusals: `not_found`; `demoted` or `recalled`, which is served
 * to nobody who asks for this channel; `not_downloaded`. Rule: section 4 (Demote).
 */
export async function clientArtifact(
  ctx: Context,
  request: FeedRequest & { version: string },
): Promise<ClientArtifact> {
  const { channel, product } = await clientAt(ctx, request);
  const what = `${product.name} ${request.version}`;
  const entry = entryOf(
    (await channelById(ctx.db, channel.id)) ?? { versioning: 'semver', entries: [] },
    request.version,
  );
  const release = await releaseByVersion(ctx.db, product.id, request.version);
  if (!entry || !release) throw new Refusal('not_found', `Download refused: ${what} is not on ${channel.name}.`);
  const decision = decideDownload(what, [entry]);
  if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
  if (release.package !== 'present') {
    const sentence = `Download of ${what} refused: this server does not have it yet. Ask its operator to download it.`;
    throw new Refusal('refused', sentence, { reason: 'not_downloaded' });
  }
  const extension = product.artifact === 'chart' ? 'tgz' : 'tar.gz';
  return {
    path: packagePath(ctx.config, product.name, release),
    name: `${product.name}-${release.version}.${extension}`,
    size: release.size,
    digest: release.digest,
  };
}
