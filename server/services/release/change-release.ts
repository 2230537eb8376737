import { lockRelease, updateRelease, type ReleasePatch, type ReleaseRow } from '../../../db/queries/releases.ts';
import { releaseViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import type { ReleaseView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import type { Actor } from '../verb.ts';

/** What becomes of the release, and what the log says of it. */
interface ReleaseChange {
  kind: ActivityKind & `release.${string}`;
  patch: ReleasePatch;
  detail: Record<string, unknown>;
}

/** Changes what may change of a release, under its lock, and says so. `decide` throws where there is nothing to do. */
export async function changeRelease(
  ctx: Context,
  actor: Actor,
  id: number,
  decide: (release: ReleaseRow, now: number) => ReleaseChange,
): Promise<ReleaseView> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const release = await lockRelease(tx, id);
    if (!release) throw new Refusal('not_found', `There is no release ${id}. List them with GET /api/v1/releases.`);
    const { kind, patch, detail } = decide(release, now);
    await updateRelease(tx, id, patch);
    await record(tx, { now, actor: actor.name }, kind, [id], detail);
    return (await releaseViews(tx, [id]))[0] as ReleaseView;
  });
}

/** The reason as it stands in the log; nothing for none. */
export function withReason(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
