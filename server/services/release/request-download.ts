import { insertJob } from '../../../db/queries/jobs.ts';
import { downloadInFlight, entriesOf, findRelease, lockRelease, updateRelease } from '../../../db/queries/releases.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { decideDownload } from '../../domain/download.ts';
import type { JobPlan, JobView } from '../../domain/views.ts';
import { personId } from '../approval/request.ts';
import { record } from '../log/record.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';

/** A download touches no host: nothing of the rollout policy applies. */
const noRollout: JobPlan = { waves: [], maxParallel: 1, maxFailures: { count: 0 }, bakeMs: 0, onFailure: 'restore' };

/** Asks for the package of a release. Asking again while it is on its way answers with the same job. Rules: sections 3, 4. */
export const requestDownload = verb(
  'release.download',
  async (ctx, actor, { id }: { id: number }) => {
    const known = await findRelease(ctx.db, id);
    if (!known)
      throw new Refusal('not_found', `Download refused: there is no release ${id}. List them with GET /releases.`);
    const name = `${known.product.name} ${known.release.version}`;
    const now = ctx.clock.now();
    return transact(ctx, async (tx): Promise<JobView> => {
      const release = await lockRelease(tx, id);
      if (release?.package === 'present') {
        const sentence = `Download of ${name} refused: the verified package is on the server already. Install it.`;
        throw new Refusal('refused', sentence, { reason: 'already_downloaded' });
      }
      const inFlight = await downloadInFlight(tx, id);
      if (inFlight?.status === 'cancelling') {
        const sentence = `Download of ${name} refused: job ${inFlight.id} is still being cancelled. Ask again in a second.`;
        throw new Refusal('refused', sentence, { reason: 'cancelling' });
      }
      if (inFlight) return (await jobViews(tx, [inFlight.id]))[0] as JobView;
      const decision = decideDownload(name, await entriesOf(tx, id));
      if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
      const job = await insertJob(tx, {
        kind: 'download',
        productId: known.product.id,
        releaseId: id,
        status: 'queued',
        plan: noRollout,
        requestedBy: actor.name,
        requestedById: personId(actor),
        createdAt: now,
      });
      await updateRelease(tx, id, { package: 'downloading', received: 0, downloadProblem: null });
      await record(tx, { now, actor: actor.name }, 'job.requested', [job.id]);
      await record(tx, { now, actor: actor.name }, 'release.download_started', [id], { job: job.id });
      await ctx.enqueue(tx, 'release.download', { jobId: job.id });
      return (await jobViews(tx, [job.id]))[0] as JobView;
    });
  },
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
