import { lockIncident, updateIncident } from '../../../db/queries/incidents.ts';
import { transact } from '../../../db/transact.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { signalboxActor } from '../verb.ts';

/** Stores where the incident's thread in chat begins, once for each place. */
export async function threadIncident(ctx: Context, id: number, slackUrl: string): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, id);
    if (!incident || incident.slackUrl === slackUrl) return;
    await updateIncident(tx, id, { slackUrl });
    await record(tx, { now, actor: signalboxActor.name }, 'incident.threaded', [id], { url: slackUrl });
  });
}
