import { environmentExists, environmentOfHost, productExists, productsWithChannel } from '../../../db/queries/holds.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { HoldScope } from '../../domain/holds.ts';

/** Throws unless every name of the scope exists and they go together: a hold that covers nothing would protect nobody. */
export async function demandScope(reader: Reader, { product, channel, environment, host }: HoldScope): Promise<void> {
  if (product !== undefined && !(await productExists(reader, product))) throw unknown('product', product);
  if (channel !== undefined) await demandChannel(reader, channel, product);
  if (environment !== undefined && !(await environmentExists(reader, environment))) {
    throw unknown('environment', environment);
  }
  if (host !== undefined) await demandHost(reader, host, environment);
}

async function demandChannel(reader: Reader, channel: string, product: string | undefined): Promise<void> {
  const products = await productsWithChannel(reader, channel);
  if (products.length === 0) throw unknown('channel', channel);
  if (product !== undefined && !products.includes(product)) throw unknown(`channel of ${product}`, channel);
}

async function demandHost(reader: Reader, host: string, environment: string | undefined): Promise<void> {
  const home = await environmentOfHost(reader, host);
  if (home === undefined) throw unknown('host', host);
  if (environment === undefined || environment === home) return;
  throw new Refusal(
    'refused',
    `Hold refused: ${host} is not in ${environment} but in ${home}, so it would cover nothing. Name one of the two.`,
    { reason: 'covers_nothing' },
  );
}

function unknown(what: string, name: string): Refusal {
  return new Refusal('not_found', `Hold refused: there is no ${what} ${name}. Check the name.`);
}
