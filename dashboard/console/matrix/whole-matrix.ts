import type { Api } from '../../../server/contracts/api.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';

export type Matrix = Omit<OutputOf<Api['matrix.show']>, 'next'>;
export type Cell = Matrix['environments'][number]['cells'][number];

/** Every page of it as one. */
export async function wholeMatrix(call: Client['call'], options: { signal: AbortSignal }): Promise<Matrix> {
  const first = await call('matrix.show', { limit: 500 }, options);
  const environments = [...first.environments];
  for (let after = first.next; after !== null;) {
    const more = await call('matrix.show', { limit: 500, after }, options);
    environments.push(...more.environments);
    after = more.next;
  }
  return { products: first.products, environments };
}
