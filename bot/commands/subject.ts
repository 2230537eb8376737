import { newestFirst } from '../../server/domain/versions.ts';
import type { ProductView, ReleaseView } from '../../server/domain/views.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { listReleases } from '../../server/services/release/list.ts';
import { productsOfChannel } from '../../server/services/slack/fleet-counts.ts';
import { threadSubject, type ThreadSubject } from '../../server/services/slack/thread-subject.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Bot, Caller } from '../caller.ts';
import { releaseText, type ReleaseName } from '../grammar/kinds.ts';
import { question, typed } from './handler.ts';
import { hint, named, some } from './names.ts';

export const EVERY_RELEASE = 10_000;

/** What the thread is about in which this was said; null: it is none of ours, or no thread. */
export async function subjectOf({ ctx }: Bot, { actor, channel, thread }: Caller): Promise<ThreadSubject | null> {
  return channel === null || thread === null ? null : threadSubject.run(ctx, actor, { channel, thread });
}

export interface Found {
  readonly product: ProductView;
  readonly release: ReleaseView;
}

/** The release that was named, or the one that the thread is about. `example`: what to type where that is not clear. */
export async function releaseNamed(
  bot: Bot,
  caller: Caller,
  name: ReleaseName | undefined,
  example: string,
): Promise<Found> {
  const { items: products } = await listProducts.run(bot.ctx, caller.actor, {});
  const subject = await subjectOf(bot, caller);
  if (name === undefined) {
    const product = products.find(({ id }) => id === subject?.productId);
    const release = product && (await releasesOf(bot, caller, product)).find(({ id }) => id === subject?.releaseId);
    if (product && release) return { product, release };
    const say = typed(bot, caller, `${example} ${products.length > 1 ? 'orders 4.2.1' : '4.2.1'}`);
    throw question(`Which release? Name it: ${say}.`, 'which_release');
  }
  const inside = products.find((product) => product.name === name.version);
  if (name.product === null && inside) throw await whichVersion(bot, caller, inside, example);
  const product = await productNamed(bot, caller, name.product, (known) => `${example} ${known} ${name.version}`);
  return { product, release: await versionOf(bot, caller, product, name) };
}

/** The product that was named, or the thread's, or the channel's, or the only one. `example`: with the product, as it is typed. */
export async function productNamed(
  bot: Bot,
  caller: Caller,
  name: string | null,
  example: (product: string) => string,
): Promise<ProductView> {
  const { items: products } = await listProducts.run(bot.ctx, caller.actor, {});
  if (name !== null) return named('product', name, products);
  const product = await impliedProduct(bot, caller);
  if (product) return product;
  const names = products.map((each) => each.name);
  if (names[0] === undefined) {
    throw new Refusal('not_found', 'There is no product yet. An admin declares one in a fleet file, in the console.');
  }
  const say = typed(bot, caller, example(names[0]));
  throw question(`Which product? There is ${some(names)}. Say for example ${say}.`, 'which_product');
}

/** The thread's, the channel's, or the only one; undefined: it has to be named. */
export async function impliedProduct(bot: Bot, caller: Caller): Promise<ProductView | undefined> {
  const { actor, channel } = caller;
  const { items: products } = await listProducts.run(bot.ctx, actor, {});
  if (products.length === 1) return products[0];
  const subject = await subjectOf(bot, caller);
  const own = channel === null ? [] : await productsOfChannel.run(bot.ctx, actor, { channel });
  const id = subject?.productId ?? (own.length === 1 ? own[0] : undefined);
  return products.find((product) => product.id === id);
}

/** Every release of a product, newest first, archived ones too. */
export async function releasesOf(bot: Bot, { actor }: Caller, { id }: Pick<ProductView, 'id'>): Promise<ReleaseView[]> {
  const input = { productId: id, archived: 'true', limit: EVERY_RELEASE } as const;
  return (await listReleases.run(bot.ctx, actor, input)).items;
}

async function versionOf(bot: Bot, caller: Caller, product: ProductView, { version }: ReleaseName) {
  const releases = await releasesOf(bot, caller, product);
  const plain = version.replace(/^v(?=\d)/iu, '');
  const found = [version, plain, `v${plain}`].flatMap(
    (label) => releases.find((release) => release.version === label) ?? [],
  );
  if (found[0]) return found[0];
  const known = newest(product, releases).map((release) => ({ name: release.version }));
  throw new Refusal('not_found', `There is no release ${version} of ${product.name}. ${hint(plain, known)}`);
}

function newest({ versioning }: ProductView, releases: readonly ReleaseView[]): ReleaseView[] {
  // Lists are in order of publishing, which is all that is known where channels order releases.
  if (versioning === 'sequence') return [...releases];
  const placed = releases.map((release) => ({ version: release.version, sequence: null, release }));
  return newestFirst(versioning, placed).map(({ release }) => release);
}

async function whichVersion(bot: Bot, caller: Caller, product: ProductView, example: string): Promise<Refusal> {
  const known = newest(product, await releasesOf(bot, caller, product)).filter(({ archivedAt }) => archivedAt === null);
  if (known[0] === undefined) return new Refusal('not_found', `There is no release of ${product.name} yet.`);
  const versions = known.map(({ version }) => version);
  const say = typed(bot, caller, `${example} ${releaseText({ product: product.name, version: versions[0] ?? '' })}`);
  return question(`Which release of ${product.name}? There is ${some(versions)}. Say ${say}.`, 'which_release');
}
