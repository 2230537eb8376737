import { knownNames } from '../../../db/queries/targets.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Grant } from '../../domain/permission.ts';

/** A grant for what does not exist would reach nothing today, and something else tomorrow. Refusal: `unknown_scope`. */
export async function demandKnownScopes(reader: Reader, grants: readonly Grant[]): Promise<void> {
  if (grants.every(({ product, environment }) => product === undefined && environment === undefined)) return;
  const { products, environments } = await knownNames(reader);
  const unknown = grants.flatMap(({ product, environment }) => [
    ...(product === undefined || products.has(product) ? [] : [`product ${product}`]),
    ...(environment === undefined || environments.has(environment) ? [] : [`environment ${environment}`]),
  ]);
  if (unknown.length === 0) return;
  throw new Refusal(
    'refused',
    `grant refused: there is no ${unknown[0]}. Choose one that the fleet file declares, or leave it out for all.`,
    { reason: 'unknown_scope' },
  );
}
