import type { Client } from '../contracts/client.ts';
import { parseGrant } from '../domain/grant.ts';
import type { Grant, Role } from '../domain/permission.ts';
import type { HostView, ProductView, ReleaseView } from '../domain/views.ts';
import { UsageError } from './exit.ts';
import { suggest } from '../domain/suggest.ts';

/** People name things, the API counts them: from names to what the server has. Unknown names throw, with the nearest known one. */

/** Every item of a paged list. */
export async function everyPage<T>(
  page: (after: string | undefined) => Promise<{ items: readonly T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined, last = false; !last;) {
    const { items: more, next } = await page(after);
    items.push(...more);
    after = next ?? undefined;
    last = next === null;
  }
  return items;
}

export async function productNamed(client: Client, name: string): Promise<ProductView> {
  const { items } = await client.call('products.list', {});
  return (
    items.find((product) => product.name === name) ??
    unknown(
      'product',
      name,
      items.map((product) => product.name),
    )
  );
}

export async function releasesOf(client: Client, product: ProductView, archived: boolean): Promise<ReleaseView[]> {
  return everyPage((after) =>
    client.call('releases.list', { productId: product.id, archived: archived ? 'true' : 'false', after, limit: 500 }),
  );
}

export async function releaseNamed(client: Client, productName: string, version: string): Promise<ReleaseView> {
  const product = await productNamed(client, productName);
  const releases = await releasesOf(client, product, true);
  const found = releases.find((release) => release.version === version);
  return (
    found ??
    unknown(
      `release of ${productName}`,
      version,
      releases.map((release) => release.version),
    )
  );
}

export async function everyHost(client: Client, environment?: string): Promise<HostView[]> {
  const environmentId = environment === undefined ? undefined : await environmentNamed(client, environment);
  return everyPage((after) => client.call('hosts.list', { environmentId, after, limit: 500 }));
}

export async function environmentNamed(client: Client, name: string): Promise<number> {
  const { items } = await client.call('environments.list', {});
  const found = items.find((environment) => environment.name === name);
  return (
    found ??
    unknown(
      'environment',
      name,
      items.map((environment) => environment.name),
    )
  ).id;
}

export async function channelNamed(client: Client, productName: string, name: string) {
  const product = await productNamed(client, productName);
  const { items } = await client.call('channels.list', { productId: product.id });
  const known = items.map((channel) => channel.name);
  return items.find((channel) => channel.name === name) ?? unknown(`channel of ${productName}`, name, known);
}

/** The client that an environment is of a product. */
export async function clientNamed(client: Client, environment: string, productName: string) {
  const environmentId = await environmentNamed(client, environment);
  const { items } = await client.call('clients.list', { environmentId });
  const known = items.map(({ product }) => product);
  return (
    items.find(({ product }) => product === productName) ??
    unknown(`product that ${environment} follows`, productName, known)
  );
}

export function hostsNamed(hosts: readonly HostView[], names: readonly string[]): HostView[] {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  return names.map((name) => byName.get(name) ?? unknown('host', name, [...byName.keys()]));
}

/** A whole number above 0, as ids are. */
export function idNamed(word: string, what: string): number {
  if (/^[1-9]\d{0,9}$/.test(word)) return Number(word);
  throw new UsageError(`${what} has to be a number, not ${word}.`);
}

function unknown(what: string, name: string, known: readonly string[]): never {
  const near = suggest(name, known);
  const hint = near ? `Did you mean ${near}?` : known.length === 0 ? 'There is none yet.' : `There is ${some(known)}.`;
  throw new UsageError(`There is no ${what} ${name}. ${hint}`);
}

function some(names: readonly string[]): string {
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

/** `viewer,operator:orders@plant` as grants; only these roles. */
export function grantsNamed<R extends Role>(text: string, roles: readonly R[]): (Grant & { role: R })[] {
  return text.split(',').map((word) => {
    const grant = parseGrant(word);
    const role = roles.find((known) => known === grant?.role);
    if (grant !== undefined && role !== undefined) return { ...grant, role };
    throw new UsageError(
      `A grant is ${roles.join(', ')}, alone or with where it reaches: operator:orders@plant. Not ${word.trim()}.`,
    );
  });
}
