import type { Freshness, FreshnessCode } from '../../live/freshness.ts';
import { freshnessSentence, freshnessWords } from '../../live/freshness-words.ts';
import type { Mark } from '../../theme/states.ts';

const badgeMarks = {
  live: 'ok',
  reconnecting: 'waiting',
  late: 'degraded',
  feed_lost: 'unknown',
  server_restarting: 'waiting',
  engine_stalled: 'degraded',
  signed_out: 'unknown',
  no_data: 'waiting',
} as const satisfies Record<FreshnessCode, Mark>;

/** The badge that is always in view: `LIVE`, `LATE 14 s`, `FEED LOST`. */
export function feedBadge({ code, ageS }: Freshness): { word: string; mark: Mark } {
  const aged = (code === 'late' || code === 'reconnecting') && ageS !== null;
  return { word: freshnessWords[code] + (aged ? ` ${ageS} s` : ''), mark: badgeMarks[code] };
}

/** The banner above the page; null while what is shown may be believed without a word. */
export function feedBanner(freshness: Freshness): string | null {
  const sentence = freshnessSentence(freshness);
  switch (freshness.code) {
    case 'feed_lost':
      return `FEED LOST: ${sentence}. What you see is how things stood then. Actions still reach the server; their results show when the feed is back.`;
    case 'engine_stalled':
      return `ENGINE STALLED: ${sentence} Look at the server's log.`;
    case 'server_restarting':
      return `SERVER RESTARTING: ${sentence} The page goes on by itself.`;
    case 'no_data':
      return freshness.problem ? sentence : null;
    default:
      return null;
  }
}
