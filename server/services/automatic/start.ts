import { storeChoices } from '../../../db/queries/automatic.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context, Transaction } from '../context.ts';
import { requestInstallIn } from '../install/start.ts';
import type { Occasion } from '../log/record.ts';
import type { PipelineFacts } from '../pipeline/facts.ts';
import { requestDownload } from '../release/request-download.ts';
import { signalboxActor } from '../verb.ts';
import type { AutomaticLook } from './choose.ts';

/** Stores what automation says of each host, and asks for its jobs: ordinary ones. Rule: section 7 (Automatic installs). */
export async function applyInstalls(
  ctx: Context,
  tx: Transaction,
  { now }: Occasion,
  { product, placed }: PipelineFacts,
  { news, installs }: AutomaticLook,
): Promise<void> {
  await storeChoices(tx, product.id, news, now);
  for (const { environment, version, hostIds } of installs) {
    const release = placed.find((entry) => entry.version === version);
    if (!release) continue;
    const reason = `Automatic: ${version} is the newest release for ${environment}.`;
    try {
      await requestInstallIn(ctx, tx, signalboxActor, { releaseId: release.releaseId, hostIds, reason }, null);
    } catch (error) {
      // Refused before anything was written: what automation did not see stands against it, and the next look sees it.
      if (!(error instanceof Refusal)) throw error;
      ctx.log.warn(
        { product: product.name, version, environment, refusal: error.message },
        'automatic install refused',
      );
    }
  }
}

/** Asks for the packages that automation waits for; one that failed to arrive is a person's to ask for again. */
export async function downloadMissing(
  ctx: Context,
  { placed, product }: PipelineFacts,
  missing: ReadonlySet<string>,
): Promise<void> {
  for (const version of missing) {
    const release = placed.find((entry) => entry.version === version && !entry.demoted && entry.awaitsDownload);
    if (!release) continue;
    await requestDownload.run(ctx, signalboxActor, { id: release.releaseId }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      ctx.log.warn({ product: product.name, version, refusal: error.message }, 'automatic download refused');
    });
  }
}
