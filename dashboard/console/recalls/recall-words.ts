import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';
import { impactText } from '../../../server/domain/recall-request.ts';
import type { RollOffOutcome } from '../../../server/domain/roll-off-plan.ts';
import type { Mark } from '../../theme/states.ts';

export type RecallPreview = OutputOf<Api['recalls.preview']>;
export type RecalledHost = RecallPreview['hosts'][number];

/** What becomes of a host; `after`: it is so already, for a recall that stands. */
export const outcomes = {
  starts: { mark: 'running', word: 'rolls off' },
  under_way: { mark: 'running', word: 'rolling off' },
  proposed: { mark: 'waiting', word: 'for you to decide' },
  stays: { mark: 'held', word: 'stays' },
  waits: { mark: 'waiting', word: 'waits' },
  tried: { mark: 'failed', word: 'tried in vain' },
  refused: { mark: 'unknown', word: 'out of reach' },
} as const satisfies Record<RollOffOutcome, { mark: Mark; word: string }>;

/** A person can start these. Rule: section 9. */
export function waitsForPerson({ outcome }: Pick<RecalledHost, 'outcome'>): boolean {
  return outcome === 'proposed' || outcome === 'tried';
}

export interface EnvironmentImpact {
  readonly environmentId: number;
  readonly name: string;
  readonly hosts: readonly RecalledHost[];
  /** `3 hosts to roll off, 1 host to stay`. */
  readonly text: string;
  /** Versions that its hosts go to. */
  readonly targets: readonly string[];
}

/** Hosts by environment, by name. */
export function impactByEnvironment(hosts: readonly RecalledHost[]): EnvironmentImpact[] {
  return [...Map.groupBy(hosts, ({ environmentId }) => environmentId)]
    .map(([environmentId, own]) => ({
      environmentId,
      name: own[0]?.environment ?? '',
      hosts: own,
      text: impactText(countsOf(own)),
      targets: [...new Set(own.flatMap(({ target }) => target?.version ?? []))].sort(),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

export function countsOf(hosts: readonly RecalledHost[]): Partial<Record<RollOffOutcome, number>> {
  const groups = Map.groupBy(hosts, ({ outcome }) => outcome);
  return Object.fromEntries([...groups].map(([outcome, own]) => [outcome, own.length]));
}
