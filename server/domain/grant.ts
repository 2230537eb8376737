import { ROLES, type Grant } from './permission.ts';

/** `operator`, `operator:orders`, `operator@plant`, `operator:orders@plant`: as people write and read a grant. Rule: section 11. */
export function grantText({ role, product, environment }: Grant): string {
  return role + (product === undefined ? '' : `:${product}`) + (environment === undefined ? '' : `@${environment}`);
}

/** The grant that `grantText` wrote; undefined for anything else. */
export function parseGrant(text: string): Grant | undefined {
  const parts = /^(?<role>[a-z]+)(?::(?<product>[^:@\s]+))?(?:@(?<environment>[^:@\s]+))?$/.exec(text.trim())?.groups;
  const role = ROLES.find((known) => known === parts?.['role']);
  if (parts === undefined || role === undefined) return undefined;
  const { product, environment } = parts;
  return { role, ...(product !== undefined && { product }), ...(environment !== undefined && { environment }) };
}

/** Without doubles, and each with only the fields that it has. */
export function distinctGrants(grants: readonly Grant[]): Grant[] {
  const byText = new Map(grants.map((grant) => [grantText(grant), grant]));
  return [...byText.values()].map(({ role, product, environment }) => ({
    role,
    ...(product !== undefined && { product }),
    ...(environment !== undefined && { environment }),
  }));
}

/** Whether these make an admin of all of the fleet: the one who can let others in. */
export function makeFleetAdmin(grants: readonly Grant[]): boolean {
  return grants.some(
    ({ role, product, environment }) => role === 'admin' && product === undefined && environment === undefined,
  );
}
