import type { PersonRow } from '../../../db/queries/people.ts';
import { hasSecondFactor } from './second-factor.ts';

/** A person as admins get to see them. */
export function personView(row: PersonRow) {
  const { id, name, email, grants, createdAt, disabledAt } = row;
  return {
    id,
    name,
    email,
    grants,
    createdAt,
    disabledAt,
    passwordSet: row.passwordHash !== null,
    totp: hasSecondFactor(row),
  };
}
