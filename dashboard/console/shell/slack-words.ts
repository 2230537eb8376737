import type { SlackStatusView } from '../../../server/contracts/slack.ts';
import { durationText } from '../../../server/domain/wording.ts';
import type { Mark } from '../../theme/states.ts';

/** A message waits this long before it is worth a word: coalescing and the rate budget take some seconds. */
const LAG_MS = 30_000;

export interface SlackWords {
  readonly mark: Mark;
  readonly word: string;
  /** Why, and since when. */
  readonly title: string;
}

/** How the bot stands with Slack, in the corner of every page; null: there is no bot. `now`: epoch milliseconds. */
export function slackWords(status: SlackStatusView | null, now: number): SlackWords | null {
  if (!status?.configured) return null;
  const { problem, problemSince, lastOkAt, waiting, waitingSince } = status;
  if (problem) {
    const since = problemSince === null ? '' : ` ${aged(now - problemSince)}`;
    return { mark: 'degraded', word: `Slack away${since}`, title: problem.sentence };
  }
  if (lastOkAt === null) return { mark: 'waiting', word: 'Slack: connecting', title: 'Slack has not answered yet.' };
  const lag = waitingSince === null ? 0 : now - waitingSince;
  if (waiting > 0 && lag > LAG_MS) {
    const title = `${waiting} messages wait for Slack's rate limit; the oldest for ${aged(lag)}.`;
    return { mark: 'waiting', word: `Slack late ${aged(lag)}`, title };
  }
  return { mark: 'ok', word: 'Slack', title: 'Slack answers; cards are up to date.' };
}

function aged(ms: number): string {
  return durationText(Math.max(1_000, Math.floor(ms / 1_000) * 1_000));
}
