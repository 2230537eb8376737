import type { Reason } from './reason.ts';

/** From most to least: the first that applies is the state. Rule: section 3. */
export const RELEASE_STATES = ['installed', 'downloaded', 'downloading', 'available'] as const;
export type ReleaseState = (typeof RELEASE_STATES)[number];

/** What a row's state is derived from. */
export interface ReleaseFacts {
  /** Hosts that report this release. */
  readonly hosts: number;
  readonly package: 'absent' | 'downloading' | 'present';
  /** Why the last download failed; null when none did since the last that succeeded. */
  readonly downloadProblem: Reason | null;
}

export interface ReleaseRow {
  readonly state: ReleaseState;
  /** Why the last download failed, as long as there is no package and none on its way. */
  readonly problem: Reason | null;
  /** The verified package is on the server, which installing needs whatever the state says. */
  readonly installable: boolean;
}

/** Rule: section 3. */
export function releaseRow(facts: ReleaseFacts): ReleaseRow {
  return {
    state: releaseState(facts),
    problem: facts.package === 'absent' ? facts.downloadProblem : null,
    installable: facts.package === 'present',
  };
}

/** Rule: section 3. */
export function releaseState({ hosts, package: stored }: Pick<ReleaseFacts, 'hosts' | 'package'>): ReleaseState {
  if (hosts > 0) return 'installed';
  if (stored === 'present') return 'downloaded';
  return stored === 'downloading' ? 'downloading' : 'available';
}

export type ReleaseCard = 'total' | 'available' | 'downloaded' | 'installed';

/** Each release counts in one card beside Total; one on its way is not there yet, so it still counts as Available. */
const CARD = {
  installed: 'installed',
  downloaded: 'downloaded',
  downloading: 'available',
  available: 'available',
} as const satisfies Record<ReleaseState, ReleaseCard>;

/** How many releases each card shows; `total` is the sum of the others. Rule: section 3. */
export function releaseCards(states: readonly ReleaseState[]): Record<ReleaseCard, number> {
  const cards: Record<ReleaseCard, number> = { total: states.length, available: 0, downloaded: 0, installed: 0 };
  for (const state of states) cards[CARD[state]] += 1;
  return cards;
}

/** Which card a release counts in, so that a card can filter the list it stands above. Rule: section 3. */
export function cardOf(state: ReleaseState): Exclude<ReleaseCard, 'total'> {
  return CARD[state];
}
