import {
  knownReleases,
  lockProduct,
  updateProduct,
  updateRelease,
  type KnownRelease,
} from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Reason } from '../../domain/reason.ts';
import { labelProblem } from '../../domain/versions.ts';
import { counted } from '../../domain/wording.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record, type Occasion } from '../log/record.ts';
import { wakePipeline } from '../pipeline/wake.ts';
import { publishReleases, type StatedRelease } from '../release/publish.ts';

/** What a feed answered: its releases in publication order, and what was wrong with single ones. */
export interface FeedAnswer {
  releases: StatedRelease[];
  problems: Reason[];
}

/** `unchanged`: what the last check found still stands. */
export type FeedCheck = FeedAnswer | { failed: Reason } | 'unchanged';

/** A transaction holds back every reader of the log while it is open: 10 000 releases in one took many seconds. */
const releasesPerTransaction = 200;

/**
 * Brings what a feed states into the catalog: new versions are published, a digest that changed for a known version is
 * refused and raised, and nothing else about a known release is touched. Answers with when it was checked; null: the
 * product is gone. Rule: section 1 (Publish).
 */
export async function recordFeedCheck(ctx: Context, productId: number, check: FeedCheck): Promise<number | null> {
  const now = ctx.clock.now();
  const occasion = { now, actor: signalboxActor.name };
  const { releases, problems } = check === 'unchanged' || 'failed' in check ? nothing : check;
  let published = 0;
  const refused: Reason[] = [];
  for (let i = 0; i < releases.length; i += releasesPerTransaction) {
    const part = releases.slice(i, i + releasesPerTransaction);
    const outcome = await transact(ctx, (tx) => takeOver(tx, occasion, productId, part));
    published += outcome.published;
    refused.push(...outcome.refused);
  }
  return transact(ctx, async (tx) => {
    const product = await lockProduct(tx, productId);
    if (!product) return null;
    const feedProblem = problemOf(check, [...problems, ...refused], product.feedProblem);
    const news = published > 0 || feedProblem?.sentence !== product.feedProblem?.sentence;
    await updateProduct(tx, productId, { feedCheckedAt: now, feedProblem }, news);
    const counts = { published, problems: problems.length + refused.length };
    if (published > 0) await wakePipeline(ctx, tx, productId);
    if (news) await record(tx, occasion, 'product.feed_checked', [productId], counts);
    return now;
  });
}

const nothing: FeedAnswer = { releases: [], problems: [] };

/** One part of what a feed states, in its order. */
async function takeOver(
  tx: Transaction,
  occasion: Occasion,
  productId: number,
  stated: readonly StatedRelease[],
): Promise<{ published: number; refused: Reason[] }> {
  const product = await lockProduct(tx, productId);
  if (!product) return { published: 0, refused: [] };
  const versions = stated.map(({ version }) => version);
  const known = new Map((await knownReleases(tx, productId, versions)).map((row) => [row.version, row]));
  for (const release of stated) {
    const before = known.get(release.version);
    if (before) await compareDigest(tx, occasion, before, release);
  }
  const judged = stated
    .filter(({ version }) => !known.has(version))
    .map((release) => ({ release, problem: labelProblem(product.versioning, release.version) }));
  const good = judged.filter(({ problem }) => problem === null).map(({ release }) => release);
  await publishReleases(tx, occasion, product, good);
  return { published: good.length, refused: judged.flatMap(({ problem }) => problem ?? []) };
}

function problemOf(check: FeedCheck, problems: readonly Reason[], before: Reason | null): Reason | null {
  if (check === 'unchanged') return before;
  if ('failed' in check) return check.failed;
  const [first, ...others] = problems;
  if (!first || others.length === 0) return first ?? null;
  return { ...first, sentence: `${first.sentence} And ${counted(others.length, 'more problem')}.` };
}

/** The artifact of a release never changes: another digest for a known version is somebody's mistake, or worse. */
async function compareDigest(
  tx: Transaction,
  occasion: Occasion,
  known: KnownRelease,
  stated: StatedRelease,
): Promise<void> {
  if (known.digest === stated.digest) {
    if (known.conflict === null) return;
    await updateRelease(tx, known.id, { conflict: null });
    await record(tx, occasion, 'release.conflict', [known.id], { settled: true });
    return;
  }
  if (known.conflict?.['stated'] === stated.digest) return;
  const conflict = {
    code: 'digest_changed',
    sentence:
      `The feed now states digest ${stated.digest.slice(0, 12)}… for ${known.version}, the catalog has ` +
      `${known.digest.slice(0, 12)}…. It was not taken over. Find out who changed the artifact, and publish it as a new version.`,
    stated: stated.digest,
  };
  await updateRelease(tx, known.id, { conflict });
  await record(tx, occasion, 'release.conflict', [known.id], { stated: stated.digest });
}
