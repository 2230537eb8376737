import {
  lockProduct,
  releasesOf,
  updateProduct,
  updateRelease,
  type ReleaseRow,
} from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Reason } from '../../domain/reason.ts';
import { labelProblem } from '../../domain/versions.ts';
import type { Context, Transaction } from '../context.ts';
import { signalboxActor } from '../verb.ts';
import { record, type Occasion } from '../log/record.ts';
import { publishRelease, type StatedRelease } from '../release/publish.ts';

/** What a feed answered: its releases in publication order, and what was wrong with single ones. */
export interface FeedAnswer {
  releases: StatedRelease[];
  problems: Reason[];
}

/**
 * Brings what a feed states into the catalog: new versions are published, a digest that changed for a known version is
 * refused and raised, and nothing else about a known release is touched. Rule: section 1 (Publish).
 */
export async function recordFeedCheck(
  ctx: Context,
  productId: number,
  answer: FeedAnswer | { failed: Reason } | 'unchanged',
): Promise<void> {
  const now = ctx.clock.now();
  const occasion = { now, actor: signalboxActor.name };
  await transact(ctx, async (tx) => {
    const product = await lockProduct(tx, productId);
    if (!product) return;
    const checked = answer === 'unchanged' || 'failed' in answer ? null : answer;
    const known = new Map((await releasesOf(tx, productId)).map((row) => [row.version, row]));
    const problems = [...(checked?.problems ?? [])];
    let published = 0;
    for (const stated of checked?.releases ?? []) {
      const before = known.get(stated.version);
      const bad = labelProblem(product.versioning, stated.version);
      if (before) await compareDigest(tx, occasion, before, stated);
      else if (bad) problems.push(bad);
      else {
        await publishRelease(tx, occasion, product, stated);
        published += 1;
      }
    }
    const feedProblem = problemOf(answer, problems, product.feedProblem);
    const news = published > 0 || feedProblem?.sentence !== product.feedProblem?.sentence;
    await updateProduct(tx, productId, { feedCheckedAt: now, feedProblem }, news);
    if (news) await record(tx, occasion, 'product.feed_checked', [productId], { published, problems: problems.length });
  });
}

function problemOf(answer: Parameters<typeof recordFeedCheck>[2], problems: Reason[], before: Reason | null) {
  if (answer === 'unchanged') return before;
  if ('failed' in answer) return answer.failed;
  return problems[0] ?? null;
}

/** The artifact of a release never changes: another digest for a known version is somebody's mistake, or worse. */
async function compareDigest(
  tx: Transaction,
  occasion: Occasion,
  known: ReleaseRow,
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
