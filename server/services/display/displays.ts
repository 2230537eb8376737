import { displaysById, findLiveDisplay, noteDisplaySeen, updateDisplay } from '../../../db/queries/displays.ts';
import { displayList, displaysWhere } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { hashOfSecret } from '../people/secret.ts';
import { record } from '../log/record.ts';
import { EVERY_ROW, sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb, type Actor } from '../verb.ts';
import type { NamedSettings } from './pair.ts';
import { displayView } from './view.ts';

/** `last seen` is exact to the minute: a wall must not write with every request. */
const NOTE_SEEN_EVERY_MS = 60_000;

interface ListDisplays extends Partial<SortedInput<keyof typeof displayList.columns>> {
  search?: string | undefined;
}

/** By name, unless another order is asked for; all of them, unless a limit is. */
export const listDisplays = verb('display.manage', (ctx, _actor, { search, ...input }: ListDisplays) =>
  sortedPage(
    { limit: EVERY_ROW, ...input },
    'name',
    (seek, limit) => sortedIds(ctx.db, displayList, displaysWhere({ search }), seek, limit),
    async (ids) => (await displaysById(ctx.db, ids)).map(displayView),
  ),
);

/** The screen takes it over within a minute. Refusal: `not_found`. */
export const changeDisplay = verb(
  'display.manage',
  async (ctx, actor, { id, name, views, rotateMs }: NamedSettings & { id: number }) =>
    transact(ctx, async (tx) => {
      const row = await updateDisplay(tx, id, { name, views: [...views], rotateMs });
      if (!row) throw noDisplay('change', id);
      await record(tx, { now: ctx.clock.now(), actor: actor.name }, 'display.changed', [id]);
      return displayView(row);
    }),
);

/** Its sockets end now, and its token opens nothing any more. Refusal: `not_found`. */
export const revokeDisplay = verb('display.manage', async (ctx, actor, { id }: { id: number }) => {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    if (!(await updateDisplay(tx, id, { revokedAt: now }))) throw noDisplay('revocation', id);
    await record(tx, { now, actor: actor.name }, 'display.revoked', [id]);
  });
  ctx.bell.ring({ access: true });
  return { ok: true as const };
});

/** Which display this token is of, as one who may look; undefined when there is none, or it is revoked. */
export async function displayActor(ctx: Context, token: string): Promise<Actor | undefined> {
  const now = ctx.clock.now();
  const row = await findLiveDisplay(ctx.db, hashOfSecret(token));
  if (!row) return undefined;
  if (row.lastSeenAt === null || now - row.lastSeenAt >= NOTE_SEEN_EVERY_MS) await noteDisplaySeen(ctx.db, row.id, now);
  return { kind: 'display', id: row.id, name: `display ${row.name}`, grants: [{ role: 'viewer' }] };
}

/** What the screen with this token is to show; null for whoever is no display. */
export async function ownDisplay(ctx: Context, token: string | undefined) {
  const row = token === undefined ? undefined : await findLiveDisplay(ctx.db, hashOfSecret(token));
  return { display: row ? { name: row.name, views: row.views, rotateMs: row.rotateMs } : null };
}

function noDisplay(what: string, id: number): Refusal {
  return new Refusal('not_found', `${what} refused: there is no display ${id}, or it is revoked already.`);
}
