import { channelsWith } from '../../../db/queries/channels.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { Refusal } from '../../contracts/errors.ts';
import { clientSubjects, type Subject } from '../client/subjects.ts';
import type { Context } from '../context.ts';

/** A release and the clients that follow a channel on which it has an entry. Refusal: `not_found`. */
export async function followersOf(ctx: Context, releaseId: number) {
  const found = await findRelease(ctx.db, releaseId);
  if (!found) throw new Refusal('not_found', `There is no release ${releaseId}. List them with GET /api/v1/releases.`);
  const channelIds = (await channelsWith(ctx.db, releaseId)).map(({ id }) => id);
  const followers = await clientSubjects(ctx.db, { channelIds }, ctx.clock.now());
  return { release: found.release, followers };
}

/** Whom a change of a release touches, as every preview shows it. */
export function touchedBy({ place, seats }: Subject) {
  const counted = seats.flatMap(({ hosts }) => hosts ?? []);
  return {
    environmentId: place.environment.id,
    name: place.environment.name,
    channel: place.channel.name,
    installerMethod: place.environment.installerMethod,
    hosts: place.environment.installerMethod === 'managed' ? counted.reduce((sum, one) => sum + one, 0) : null,
  };
}
