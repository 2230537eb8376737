import { showJob } from '../../server/services/job/show.ts';
import { listTasks } from '../../server/services/job/list-tasks.ts';
import { jobTargets } from '../../server/services/targets.ts';
import { demand } from '../../server/services/verb.ts';
import { button } from '../cards/blocks.ts';
import type { Bot, Caller } from '../caller.ts';
import { opens } from './dialog.ts';
import type { Handler } from './handler.ts';
import { jobMeant } from './jobs.ts';
import { named } from './names.ts';

/** Shows the affected hosts and where each would go before anything is done. Rule: section 9 (Rollback). */
export const rollback: Handler<'rollback'> = async (bot, caller, given) => {
  const { on, reason, 'include-healthy': includeHealthy = false } = given;
  const id = await jobMeant(bot, caller, given.job, { command: 'rollback', among: 'failed' });
  const job = await showJob.run(bot.ctx, caller.actor, { id });
  for (const target of await jobTargets(bot.ctx, { id })) demand(caller.actor, 'release.rollback', target);
  const hostIds = on === undefined ? null : await hostsOfJob(bot, caller, id, on);
  const plain = hostIds === null && !includeHealthy && reason === undefined;
  return opens(
    bot,
    caller,
    { dialog: 'rollback', jobId: id, hostIds, includeHealthy, reason },
    { name: 'rollback', given: { ...given, job: id } },
    plain ? button('job.rollback', job, { style: 'danger' }) : null,
  );
};

const EVERY_TASK = 1_000_000;

async function hostsOfJob({ ctx }: Bot, { actor }: Caller, id: number, names: readonly string[]): Promise<number[]> {
  const { items } = await listTasks.run(ctx, actor, { id, limit: EVERY_TASK });
  const hosts = items.map(({ hostId, hostName }) => ({ hostId, name: hostName }));
  return names.map((name) => named(`host of job ${id}`, name, hosts).hostId);
}
