import { inForce } from '../../server/domain/holds.ts';
import { counted } from '../../server/domain/wording.ts';
import { listApprovals } from '../../server/services/approval/list.ts';
import { listHolds } from '../../server/services/hold/list.ts';
import { listJobs } from '../../server/services/job/list.ts';
import { countHosts } from '../../server/services/slack/fleet-counts.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { approvalLines } from './approvals.ts';
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
      ...part('incident', 'not resolved', incidents, await incidentLines(bot, caller, incidents.items)),
      ...part('job', 'in progress', { ...jobs, more: jobs.next !== null }, await jobLines(bot, caller, jobs.items)),
      ...part(
        'request',
        'waiting for approval',
        { ...approvals, more: approvals.next !== null },
        await approvalLines(bot, caller, approvals.items),
      ),
      ...part('hold', 'in force', { items: holds, more: standing.next !== null }, holds.map(holdLine)),
      livenessText(await countHosts.run(ctx, actor, {})),
    ],
    toConsole(bot, '/activity'),
  );
}

interface Some {
  readonly items: readonly unknown[];
  readonly more: boolean;
}

/** A count in bold and the first few lines; `0 holds in force` where there is none. */
function part(what: string, how: string, { items, more }: Some, lines: readonly string[]): string[] {
  if (items.length === 0) return [`${counted(0, what)} ${how}`];
  const left = lines.length - SHOWN;
  const count = `*${counted(items.length, what)}${more ? ' or more' : ''} ${how}*`;
  return [count, ...lines.slice(0, SHOWN), ...(left > 0 ? [`… and ${left} more`] : [])];
}
