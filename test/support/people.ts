import { scryptSync } from 'node:crypto';
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

/** Their password, hashed in a millisecond, as a hash says what it costs: for tests that enter it often and do not judge hashing. */
export async function hashCheaply({ ctx }: World, id: number, password: string): Promise<void> {
  const [logN, r, p] = [4, 8, 1] as const;
  const salt = Buffer.alloc(16, 1);
  const hash = scryptSync(password.normalize('NFKC'), salt, 32, { N: 2 ** logN, r, p });
  const passwordHash = ['scrypt', logN, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
  await updatePerson(ctx.db, id, { passwordHash });
}
