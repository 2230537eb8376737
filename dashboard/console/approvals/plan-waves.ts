import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';

export type ExactPlan = OutputOf<Api['approvals.show']>['plan'];
type PlannedHost = ExactPlan['hosts'][number];

export interface PlannedWave {
  readonly number: number;
  readonly hosts: readonly PlannedHost[];
}

/** The hosts of a plan by wave, in the order in which they would be reached. */
export function plannedWaves({ hosts }: Pick<ExactPlan, 'hosts'>): PlannedWave[] {
  return [...Map.groupBy(hosts, ({ wave }) => wave)]
    .map(([number, members]) => ({ number, hosts: members }))
    .sort((a, b) => a.number - b.number);
}

/** What changes on how many hosts, the most first; `unchanged` run that very artifact already. */
export function plannedChanges({ hosts }: Pick<ExactPlan, 'hosts'>) {
  const changing = hosts.filter(({ changes }) => changes);
  const changes = [...Map.groupBy(changing, ({ fromVersion, toVersion }) => `${fromVersion} → ${toVersion}`).values()]
    .flatMap((members) =>
      members.slice(0, 1).map((one) => ({ from: one.fromVersion, to: one.toVersion, count: members.length })),
    )
    .sort((a, b) => b.count - a.count);
  return { changes, unchanged: hosts.length - changing.length };
}
