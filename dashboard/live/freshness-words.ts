import { listed } from '../../server/domain/wording.ts';
import { clockText, elapsedText } from './format.ts';
import type { EnginePart, Freshness, FreshnessCode } from './freshness.ts';

/** The word that stands for each freshness, in the wall's corner and in the console's bar. */
export const freshnessWords = {
  live: 'LIVE',
  reconnecting: 'RECONNECTING',
  late: 'LATE',
  feed_lost: 'FEED LOST',
  server_restarting: 'SERVER RESTARTING',
  engine_stalled: 'ENGINE STALLED',
  signed_out: 'NOT SIGNED IN',
  no_data: 'NO DATA YET',
} as const satisfies Record<FreshnessCode, string>;

const partWords = {
  clock: 'the clock',
  queue: 'the queue',
} as const satisfies Record<EnginePart, string>;

type Say = (freshness: Freshness) => string;

const sayings = {
  live: () => '',
  reconnecting: ({ ageS }) => `Link down, last word ${seconds(ageS)} ago. Trying again.`,
  late: ({ ageS }) => `No word from the server for ${seconds(ageS)}.`,
  feed_lost: lost,
  server_restarting: ({ ageS }) => `Announced by the server. Last word ${seconds(ageS)} ago.`,
  engine_stalled: ({ silent }) =>
    `No sign of life from ${listed(silent.map((part) => partWords[part]))}: jobs do not move.`,
  signed_out: () => 'This display is not signed in.',
  no_data: ({ problem }) => (problem ? `No picture yet: ${problem}. Trying again.` : 'Waiting for the first picture.'),
} as const satisfies Record<FreshnessCode, Say>;

/** What is wrong with the feed, in a sentence; empty while it is live. */
export function freshnessSentence(freshness: Freshness): string {
  return sayings[freshness.code](freshness);
}

function lost({ truthServerTime, ageS, restarting }: Freshness): string {
  const truth = truthServerTime === null ? '' : `last truth ${clockText(truthServerTime)} UTC, ${seconds(ageS)} ago`;
  return restarting ? `restart announced, not back; ${truth}` : truth;
}

function seconds(ageS: number | null): string {
  return elapsedText((ageS ?? 0) * 1000);
}
