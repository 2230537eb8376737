import {
  listPersons,
  lockPeople,
  lockPerson,
  markRotationDue,
  replaceRecoveryCodes,
  revokeSessionsOf,
  updatePerson,
  voidLinks,
  type PersonRow,
} from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import { distinctGrants, makeFleetAdmin } from '../../domain/grant.ts';
import type { Grant } from '../../domain/permission.ts';
import type { Context, Transaction } from '../context.ts';
import { verb } from '../verb.ts';
import { personView } from './person-view.ts';
import { demandKnownScopes } from './scopes.ts';

/**
 * Gives and takes grants: these are the person's from now on. Their sessions get new secrets.
 * Refusals: `last_admin`, `unknown_scope`, `not_found`.
 */
export const setGrants = verb('person.manage', (ctx, _actor, { id, grants }: { id: number; grants: Grant[] }) =>
  changePerson(ctx, id, 'change of grants', async (tx) => {
    await demandKnownScopes(tx, grants);
    await updatePerson(tx, id, { grants: distinctGrants(grants) });
    await markRotationDue(tx, id);
  }),
);

/** Ends their sessions, sockets and links; nothing of what they did goes. Refusals: `last_admin`, `not_found`. */
export const disablePerson = verb('person.manage', (ctx, _actor, { id }: { id: number }) =>
  changePerson(ctx, id, 'disabling', async (tx, person, now) => {
    if (person.disabledAt === null) await updatePerson(tx, id, { disabledAt: now });
    await revokeSessionsOf(tx, id, now);
    await voidLinks(tx, { personId: id });
  }),
);

/** Lets a disabled person sign in again, with the grants they had. Refusal: `not_found`. */
export const enablePerson = verb('person.manage', (ctx, _actor, { id }: { id: number }) =>
  changePerson(ctx, id, 'enabling', (tx) => updatePerson(tx, id, { disabledAt: null })),
);

/** For who has lost device and recovery codes: they sign in without a code until they set one up. Refusals: `not_found`; `not_permitted` for a token. */
export const resetTotp = verb('person.manage', async (ctx, actor, { id }: { id: number }) => {
  if (actor.kind === 'token') {
    throw new Refusal('not_permitted', 'reset of the codes refused: only a person may do it. Sign in to do it.', {
      reason: 'person_only',
    });
  }
  return changePerson(ctx, id, 'reset of the codes', async (tx) => {
    await updatePerson(tx, id, { totpSecret: null, totpConfirmedAt: null, totpLastStep: null });
    await replaceRecoveryCodes(tx, id, []);
  });
});

async function changePerson(
  ctx: Context,
  id: number,
  what: string,
  change: (tx: Transaction, person: PersonRow, now: number) => Promise<void>,
) {
  const view = await ctx.db.transaction(async (tx) => {
    await lockPeople(tx);
    const person = await lockPerson(tx, id);
    if (!person)
      throw new Refusal('not_found', `${what} refused: there is no person ${id}. List them with GET /people.`);
    await change(tx, person, ctx.clock.now());
    await demandAnAdminStays(tx, what, person);
    return personView((await lockPerson(tx, id)) as PersonRow);
  });
  ctx.bell.ring({ access: true });
  return view;
}

/** Without an admin of all of the fleet nobody could ever let anybody in again. */
async function demandAnAdminStays(tx: Transaction, what: string, { name }: PersonRow): Promise<void> {
  const people = await listPersons(tx);
  if (people.some(({ disabledAt, grants }) => disabledAt === null && makeFleetAdmin(grants))) return;
  throw new Refusal('refused', `${what} refused: ${name} is the last admin. Make somebody else an admin first.`, {
    reason: 'last_admin',
  });
}
