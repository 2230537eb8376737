import { insertPerson } from '../../../db/queries/people.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { distinctGrants, grantText } from '../../domain/grant.ts';
import type { Grant } from '../../domain/permission.ts';
import { record } from '../log/record.ts';
import { verb } from '../verb.ts';
import { newSignInLink } from './link.ts';
import { personView } from './person-view.ts';
import { demandKnownScopes } from './scopes.ts';

const WEEK_MS = 7 * 86_400_000;

interface Invitation {
  name: string;
  email: string;
  grants: Grant[];
}

/** Adds a person, who signs in by link and then chooses a password. Refusals: `already_exists`, `unknown_scope`; `not_permitted` for a token. */
export const invite = verb('person.manage', async (ctx, actor, { name, email, grants }: Invitation) => {
  if (actor.kind === 'token') {
    // A token that holds a person's link could sign in as that person, an approver even.
    throw new Refusal('not_permitted', 'invitation refused: only a person may invite people. Sign in to do it.', {
      reason: 'person_only',
    });
  }
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    await demandKnownScopes(tx, grants);
    const values = {
      name,
      email: email.toLowerCase(),
      passwordHash: null,
      grants: distinctGrants(grants),
      createdAt: now,
    };
    const person = await insertPerson(tx, values);
    if (!person) {
      throw new Refusal(
        'already_exists',
        `invitation refused: ${values.email} belongs to somebody already. For a new sign-in link run signalbox login-link ${values.email} on the server.`,
      );
    }
    const detail = { name, email: values.email, grants: values.grants.map(grantText) };
    await record(tx, { now, actor: actor.name }, 'person.invited', [person.id], detail);
    return { person: personView(person), link: await newSignInLink(ctx, tx, person.id, WEEK_MS) };
  });
});
