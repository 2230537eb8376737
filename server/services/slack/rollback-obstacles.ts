import { touchedOn } from '../../../db/queries/approvals.ts';
import { counted } from '../../domain/wording.ts';
import { approvalNeeded } from '../approval/needed.ts';
import { holdsOnHosts } from '../hold/on-hosts.ts';
import { verb } from '../verb.ts';

interface Covered {
  productId: number;
  /** Each host with the release that it would go back to. */
  hosts: readonly { hostId: number; releaseId: number }[];
}

/** Who has to agree to a rollback, and the strict holds that it would wait for, in words. Rules: sections 11 and 12. */
export const rollbackObstacles = verb('job.read', async (ctx, _actor, { productId, hosts }: Covered) => {
  if (hosts.length === 0) return [];
  const touched = await touchedOn(ctx.db, productId, { hostIds: hosts.map(({ hostId }) => hostId) });
  const rule = await approvalNeeded(ctx.db, 'rollback', touched);
  const held = new Map<string, number>();
  for (const [releaseId, group] of Map.groupBy(hosts, (host) => host.releaseId)) {
    const work = { kind: 'rollback', startedBy: 'person', productId, releaseId } as const;
    const hostIds = group.map(({ hostId }) => hostId);
    const stopped = await holdsOnHosts(ctx.db, { ...work, hostIds }, ctx.clock.now());
    for (const { sentence } of stopped.values()) held.set(sentence, (held.get(sentence) ?? 0) + 1);
  }
  return [
    ...(rule ? [`Needs ${counted(rule.required, 'approval')} by ${rule.roles.join(' or ')} (rule ${rule.name})`] : []),
    ...[...held].slice(0, 3).map(([sentence, count]) => `${counted(count, 'host')} would wait: ${sentence}`),
  ];
});
