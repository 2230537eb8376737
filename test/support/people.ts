import { insertPerson, updatePerson } from '../../db/queries/people.ts';
import type { Grant, Role } from '../../server/domain/permission.ts';
import type { Actor } from '../../server/services/verb.ts';
import type { World } from './world.ts';

let made = 0;

/** A person with these roles, as signed in. Names may repeat; people do not. */
export async function personOf({ ctx }: World, name: string, ...given: (Role | Grant)[]): Promise<Actor> {
  made += 1;
  const email = `${made}@people.example`;
  const grants = given.map((each) => (typeof each === 'string' ? { role: each } : each));
  const values = { name, email, passwordHash: null, grants, createdAt: ctx.clock.now() };
  const row = await ctx.db.transaction((tx) => insertPerson(tx, values));
  if (!row) throw new Error(`${email} is taken`);
  return { kind: 'person', id: row.id, name, grants };
}

/** From now on they have these; what they signed in with stays as it was. */
export async function regrant({ ctx }: World, { id }: Actor, ...roles: Role[]): Promise<void> {
  await updatePerson(ctx.db, id as number, { grants: roles.map((role) => ({ role })) });
}
