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
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import { distinctGrants, grantText, makeFleetAdmin } from '../../domain/grant.ts';
import type { Grant } from '../../domain/permission.ts';
import type { Context, Transaction } from '../context.ts';
import { record } from '../log/record.ts';
import { verb, type Actor } from '../verb.ts';
import { personView } from './person-view.ts';
import { demandKnownScopes } from './scopes.ts';
import { hasSecondFactor } from './second-factor.ts';

/**
 * Gives and takes grants: these are the person's from now on. Their sessions get new secrets.
 * Refusals: `last_admin`, `unknown_scope`, `not_found`.
 */
export const setGrants = verb('person.manage', (ctx, actor, { id, grants }: { id: number; grants: Grant[] }) =>
  changePerson(ctx, actor, id, 'change of grants', async (tx, person) => {
    await demandKnownScopes(tx, grants);
    const given = distinctGrants(grants);
    await updatePerson(tx, id, { grants: given });
    await markRotationDue(tx, id);
    const [before, after] = [person.grants.map(grantText), given.map(grantText)];
    if (before.toSorted().join() === after.toSorted().join()) return null;
    return { kind: 'person.granted', detail: { grants: after, before } };
  }),
);

/** Ends their sessions, sockets and links; nothing of what they did goes. Refusals: `last_admin`, `not_found`. */
export const disablePerson = verb('person.manage', (ctx, actor, { id }: { id: number }) =>
  changePerson(ctx, actor, id, 'disabling', async (tx, person, now) => {
    await revokeSessionsOf(tx, id, now);
    await voidLinks(tx, { personId: id });
    if (person.disabledAt !== null) return null;
    await updatePerson(tx, id, { disabledAt: now });
    return { kind: 'person.disabled' };
  }),
);

/** Lets a disabled person sign in again, with the grants they had. Refusal: `not_found`. */
export const enablePerson = verb('person.manage', (ctx, actor, { id }: { id: number }) =>
  changePerson(ctx, actor, id, 'enabling', async (tx, person) => {
    if (person.disabledAt === null) return null;
    await updatePerson(tx, id, { disabledAt: null });
    return { kind: 'person.enabled' };
  }),
);

/** For who has lost device and recovery codes: they sign in without a code until they set one up. Refusals: `not_found`; `not_permitted` for a token. */
export const resetTotp = verb('person.manage', async (ctx, actor, { id }: { id: number }) => {
  if (actor.kind === 'token') {
    throw new Refusal('not_permitted', 'reset of the codes refused: only a person may do it. Sign in to do it.', {
      reason: 'person_only',
    });
  }
  return changePerson(ctx, actor, id, 'reset of the codes', async (tx, person) => {
    await updatePerson(tx, id, { totpSecret: null, totpConfirmedAt: null, totpLastStep: null });
    await replaceRecoveryCodes(tx, id, []);
    return hasSecondFactor(person) ? { kind: 'person.totp_reset' } : null;
  });
});

/** What the log says of a change; its actor and the name of the person are added. */
interface Told {
  kind: ActivityKind;
  detail?: Record<string, unknown>;
}

/** `change` answers with what is new; null: it was so already. */
async function changePerson(
  ctx: Context,
  actor: Actor,
  id: number,
  what: string,
  change: (tx: Transaction, person: PersonRow, now: number) => Promise<Told | null>,
) {
  const now = ctx.clock.now();
  const view = await transact(ctx, async (tx) => {
    await lockPeople(tx);
    const person = await lockPerson(tx, id);
    if (!person)
      throw new Refusal('not_found', `${what} refused: there is no person ${id}. List them with GET /people.`);
    const told = await change(tx, person, now);
    await demandAnAdminStays(tx, what, person);
    const occasion = { now, actor: actor.name };
    if (told) await record(tx, occasion, told.kind, [id], { name: person.name, ...told.detail });
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
