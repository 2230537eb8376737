import { workInFlight, type CatalogRelease } from '../../../db/queries/recalls.ts';
import { findProduct, lockProduct, type ProductRow } from '../../../db/queries/releases.ts';
import { transact } from '../../../db/transact.ts';
import type { Reader } from '../../../db/connect.ts';
import { Refusal } from '../../contracts/errors.ts';
import { isRecalled } from '../../domain/recall.ts';
import type { Context, Transaction } from '../context.ts';
import { requestDownload } from '../release/request-download.ts';
import { signalboxActor } from '../verb.ts';
import { readRecallFacts, type RecallFacts } from './facts.ts';
import { planRollOffs, type PlannedRollOff } from './plan.ts';
import { startRollOffs } from './roll-off.ts';

interface Look {
  facts: RecallFacts;
  plans: PlannedRollOff[];
}

/**
 * Takes the recalls of a product as far as they can go now: asks for the packages of good releases and makes the
 * roll-offs that can start. Looking twice changes nothing; the pipeline's clock comes again when a freeze ends. Rule: section 9.
 */
export async function advanceRecalls(ctx: Context, productId: number): Promise<void> {
  const product = await findProduct(ctx.db, productId);
  if (!product) return;
  const look = await lookAtRecalls(ctx.db, product, ctx.clock.now());
  if (look.facts.recalls.length === 0) return;
  await transact(ctx, (tx) => refuseRecalled(ctx, tx, look.facts));
  if (look.plans.some(({ outcome }) => outcome === 'starts'))
    await transact(ctx, (tx) => startAnew(ctx, tx, productId));
  await downloadTargets(ctx, look);
}

async function lookAtRecalls(reader: Reader, product: ProductRow, now: number, keep?: Transaction): Promise<Look> {
  const facts = await readRecallFacts(reader, product, now, keep ? { keep } : {});
  return { facts, plans: planRollOffs(facts, now) };
}

/** Under the product's lock: two looks at once make one job. */
async function startAnew(ctx: Context, tx: Transaction, productId: number): Promise<void> {
  const product = await lockProduct(tx, productId);
  if (!product) return;
  const now = ctx.clock.now();
  const { facts, plans } = await lookAtRecalls(tx, product, now, tx);
  await startRollOffs(ctx, tx, { now, actor: signalboxActor.name }, facts, plans);
}

/** Work that a recall stops is looked at again: what has not started ends, its approvals are superseded. */
export async function refuseRecalled(ctx: Context, tx: Transaction, { product, recalls }: RecallFacts): Promise<void> {
  for (const { id, kind, version, pending } of await workInFlight(tx, product.id)) {
    if (!isRecalled(recalls, version)) continue;
    if (kind === 'download') await ctx.enqueue(tx, 'release.download', { jobId: id });
    else if (pending > 0) await ctx.enqueue(tx, 'job.advance', { jobId: id });
  }
}

/** The packages that hosts wait for. One that failed to arrive is a person's to ask for again. */
export async function downloadTargets(ctx: Context, { facts, plans }: Look): Promise<void> {
  const missing = new Set(
    plans.flatMap(({ reason, target }) => (reason?.code === 'not_downloaded' && target ? [target.releaseId] : [])),
  );
  const wanted = facts.catalog.filter((release) => missing.has(release.id) && isToFetch(release));
  for (const { id, version } of wanted) {
    await requestDownload.run(ctx, signalboxActor, { id }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      ctx.log.warn({ product: facts.product.name, version, refusal: error.message }, 'roll-off: download refused');
    });
  }
}

function isToFetch({ package: state, downloadFailed }: CatalogRelease): boolean {
  return state === 'absent' && !downloadFailed;
}
