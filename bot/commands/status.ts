import { inForce } from '../../server/domain/holds.ts';
import { counted } from '../../server/domain/wording.ts';
import { listApprovals } from '../../server/services/approval/list.ts';
import { listHolds } from '../../server/services/hold/list.ts';
import { listJobs } from '../../server/services/job/list.ts';
import { countHosts } from '../../server/services/slack/fleet-counts.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { toConsole, type Handler } from './handler.ts';
import { livenessText } from './hosts.ts';
import { holdLine } from './holds.ts';
import { incidentLines, unresolved } from './incidents.ts';
import { jobLines, jobShown } from './jobs.ts';
import { told } from './listing.ts';
import { subjectOf } from './subject.ts';

const PAGE = 100;
const SHOWN = 5;

/** The job that is meant, or everything that is not as it should be, worst first. */
export const status: Handler<'status'> = async (bot, caller, { job }) => {
  const id = job ?? (await subjectOf(bot, caller))?.jobId;
  return id === undefined ? fleetStatus(bot, caller) : jobShown(bot, caller, id);
};

async function fleetStatus(bot: Bot, caller: Caller): Promise<Reply> {
  const { ctx } = bot;
  const { actor } = caller;
  const incidents = await unresolved(bot, caller);
  const jobs = await listJobs.run(ctx, actor, { card: 'in_progress', limit: PAGE });
  const approvals = await listApprovals.run(ctx, actor, { state: 'pending', limit: PAGE });
  const now = ctx.clock.now();
  const standing = await listHolds.run(ctx, actor, { state: 'standing', limit: PAGE });
  const holds = standing.items.filter(({ startsAt, expiresAt, releasedAt }) =>
    inForce({ from: startsAt, until: expiresAt, releasedAt }, now),
  );
  return told(
    [
      ...part(
        incidents.items,
        incidents.more,
        'incident',
        'not resolved',
        await incidentLines(bot, caller, incidents.items),
      ),
      ...part(jobs.items, jobs.next !== null, 'job', 'in progress', await jobLines(bot, caller, jobs.items)),
      ...part(approvals.items, approvals.next !== null, 'request', 'waiting for approval', []),
      ...part(holds, standing.next !== null, 'hold', 'in force', holds.map(holdLine)),
      livenessText(await countHosts.run(ctx, actor, {})),
    ],
    toConsole(bot, '/activity'),
  );
}

/** A count in bold and the first few lines; nothing where there is none but the count. */
function part(items: readonly unknown[], more: boolean, what: string, how: string, lines: readonly string[]): string[] {
  const count = `*${counted(items.length, what)}${more ? ' or more' : ''} ${how}*`;
  if (items.length === 0) return [`No ${what} ${how}`];
  const left = items.length - SHOWN;
  return [count, ...lines.slice(0, SHOWN), ...(lines.length > 0 && left > 0 ? [`… and ${left} more`] : [])];
}
