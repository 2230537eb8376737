import { releaseRow } from '../../server/domain/release-state.ts';
import type { ProductView, ReleaseView } from '../../server/domain/views.ts';
import { bytesText, counted, listed } from '../../server/domain/wording.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { requestDownload } from '../../server/services/release/request-download.ts';
import { listReleases } from '../../server/services/release/list.ts';
import { countReporting } from '../../server/services/slack/fleet-counts.ts';
import { when } from '../cards/blocks.ts';
import { escapeMrkdwn, inline } from '../cards/escape.ts';
import { dotted } from '../cards/words.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { toConsole, typed, type Handler } from './handler.ts';
import { jobAnswer } from './jobs.ts';
import { listing, told } from './listing.ts';
import { named } from './names.ts';
import { EVERY_RELEASE, impliedProduct, releaseNamed } from './subject.ts';

const LISTED = 200;
const NOTES = 1_500;

/** Releases of a product; where there are several and none is meant, the products with what is newest on each channel. */
export const list: Handler<'list'> = async (bot, caller, { product: name, archived }) => {
  const { items: products } = await listProducts.run(bot.ctx, caller.actor, {});
  const product = name === undefined ? await impliedProduct(bot, caller) : named('product', name, products);
  if (product === undefined) return productList(bot, caller, products);
  const filter = { productId: product.id, archived: archived ? 'true' : 'false', limit: LISTED } as const;
  const { items, next } = await listReleases.run(bot.ctx, caller.actor, filter);
  const running = await runningOn(bot, caller, items);
  const query = new URLSearchParams({ product: product.name });
  return listing({
    title: `Releases of ${inline(product.name, 80)}`,
    lines: items.map((release) => releaseLine(release, total(running.get(release.id)))),
    more: next !== null,
    rest: toConsole(bot, `/releases?${query}`, 'all releases in the console'),
    none: `There is no release of ${inline(product.name, 80)} yet.`,
  });
};

async function productList(bot: Bot, caller: Caller, products: readonly ProductView[]): Promise<Reply> {
  const { items } = await listReleases.run(bot.ctx, caller.actor, { limit: EVERY_RELEASE });
  const byProduct = Map.groupBy(items, ({ productId }) => productId);
  return listing({
    title: 'Products, with what was published last on each channel',
    lines: products.map((product) => productLine(product, byProduct.get(product.id) ?? [])),
    rest: `${escapeMrkdwn(typed(bot, caller, `list ${products[0]?.name ?? ''}`))} shows the releases of one`,
    none: 'There is no product yet. An admin declares one in a fleet file, in the console.',
  });
}

function productLine({ name }: ProductView, releases: readonly ReleaseView[]): string {
  const channels = [...new Set(releases.flatMap((release) => release.channels))].sort();
  const heads = channels.map((channel) => {
    const head = releases.find((release) => release.channels.includes(channel));
    return `${inline(channel, 63)} ${inline(head?.version ?? '', 80)}`;
  });
  return dotted(`*${inline(name, 80)}*`, counted(releases.length, 'release'), ...heads.slice(0, 8));
}

/** How many hosts of each environment report each release. */
async function runningOn({ ctx }: Bot, { actor }: Caller, releases: readonly ReleaseView[]) {
  const rows = await countReporting.run(ctx, actor, { releaseIds: releases.map(({ id }) => id) });
  return Map.groupBy(rows, ({ releaseId }) => releaseId);
}

function total(rows: readonly { readonly hosts: number }[] = []): number {
  return rows.reduce((sum, { hosts }) => sum + hosts, 0);
}

function releaseLine(release: ReleaseView, hosts: number): string {
  return dotted(
    `*${inline(release.version, 100)}*`,
    stateText(release, hosts),
    release.channels.length === 0 ? 'on no channel' : inline(release.channels.join(', '), 200),
    release.demotions.length === 0
      ? null
      : `demoted on ${inline(release.demotions.map(({ channel }) => channel).join(', '), 200)}`,
    release.required ? 'required' : null,
    release.archivedAt === null ? null : 'archived',
    release.conflict && `✗ ${inline(release.conflict.sentence, 200)}`,
  );
}

/** The row's state, and beside `installed` whether the package is on the server, which installing needs. Rule: section 3. */
function stateText(release: ReleaseView, hosts: number): string {
  const { state, problem, installable } = releaseRow({ hosts, ...release });
  if (problem) return `available, the download failed: ${inline(problem.sentence, 200)}`;
  if (state !== 'installed') return state;
  return `installed on ${counted(hosts, 'host')}${installable ? '' : ', not downloaded'}`;
}

export const show: Handler<'show'> = async (bot, caller, { release: name }) => {
  const { product, release } = await releaseNamed(bot, caller, name, 'show');
  const rows = (await runningOn(bot, caller, [release])).get(release.id) ?? [];
  const places = rows.slice(0, 10).map(({ environment, hosts }) => `${environment} (${hosts})`);
  const more = rows.length - places.length;
  const query = new URLSearchParams({ product: product.name, q: release.version });
  return told(
    [
      `*${inline(product.name, 80)}* ${releaseLine(release, total(rows))}`,
      places.length === 0 ? null : `Runs in ${inline(listed(more > 0 ? [...places, `${more} more`] : places), 600)}`,
      ...release.demotions
        .slice(0, 5)
        .map(
          ({ channel, by, at, reason }) =>
            `⊘ Demoted on ${inline(channel, 63)} by ${inline(by, 60)}, ${when(at)}: ${inline(reason, 300)}`,
        ),
      labelsText(release),
      notesText(release.notes),
    ],
    dotted(
      `published ${when(release.publishedAt)}`,
      bytesText(release.size),
      `sha256 ${release.digest.slice(0, 12)}`,
      toConsole(bot, `/releases?${query}`),
    ),
  );
};

function labelsText({ labels }: ReleaseView): string | null {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? null : `Labels: ${inline(texts.join(', '), 400)}`;
}

/** Lines stay lines; entities make it longer, never past what a section holds. */
function notesText(notes: string): string | null {
  const kept = [...notes.trim()].slice(0, NOTES);
  if (kept.length === 0) return null;
  const text = kept.join('');
  const escaped = escapeMrkdwn(text.length < notes.trim().length ? `${text}…` : text);
  return escaped.length > 2_700 ? inline(text, 2_700) : escaped;
}

export const download: Handler<'download'> = async (bot, caller, { release: name }) => {
  const { release } = await releaseNamed(bot, caller, name, 'download');
  const job = await requestDownload.run(bot.ctx, caller.actor, { id: release.id });
  return jobAnswer(bot, caller, job, `Job ${job.id} downloads and verifies the package.`);
};
