import type { Grant, Role } from '../../domain/permission.ts';
import type { Touched } from './needed.ts';

/** The roles that somebody has for every part of a plan: a grant for one environment says nothing about another. Rule: section 11. */
export function rolesFor(grants: readonly Grant[], touched: Touched): Role[] {
  const roles = [...new Set(grants.map(({ role }) => role))];
  return roles.filter((role) =>
    touched.every((place) => grants.some((grant) => grant.role === role && reaches(grant, place))),
  );
}

function reaches({ product, environment }: Grant, place: Touched[number]): boolean {
  return (
    (product === undefined || product === place.product) &&
    (environment === undefined || environment === place.environment)
  );
}
