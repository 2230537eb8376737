/**
 * The workspace's rate budget: one bucket for posts and updates of all cards together, and one post per second and
 * channel. Pure: `now` is an argument, instants are epoch milliseconds, credit is milliseconds of refill.
 *
 * A bucket of B tokens that gets one every I milliseconds never lets more than `B + minute / I` through in any minute,
 * so B and I are chosen for that to stay within the limit. A process that starts anew begins with no more credit than
 * the time since anything was sent last can have earned: restarts do not add up to more than the limit either.
 */
const MINUTE_MS = 60_000;
const POST_EVERY_MS = 1_000;

export interface BudgetLimit {
  /** Sends that may come at once after a rest. */
  readonly burst: number;
  /** Milliseconds for one more. */
  readonly everyMs: number;
}

export interface Budget {
  readonly limit: BudgetLimit;
  readonly creditMs: number;
  /** Up to when the credit is counted. */
  readonly at: number;
  /** When each channel last got a post. */
  readonly posts: ReadonlyMap<string, number>;
}

/** What wants to be sent. `priority`: 0 terminal state, 1 approval, 2 incident, 3 progress. */
export interface Want {
  readonly channel: string;
  readonly post: boolean;
  readonly priority: number;
}

export function budgetLimit(perMinute: number): BudgetLimit {
  const burst = Math.max(1, Math.floor(perMinute / 3));
  return { burst, everyMs: Math.floor(MINUTE_MS / (perMinute - burst + 1)) + 1 };
}

/** `lastSent`: when anything was sent last, by whatever process; null: never. `posts`: the last post of each channel. */
export function openBudget(
  perMinute: number,
  now: number,
  lastSent: number | null,
  posts: ReadonlyMap<string, number> = new Map(),
): Budget {
  const limit = budgetLimit(perMinute);
  const rested = lastSent === null ? Infinity : Math.max(0, now - lastSent);
  return { limit, creditMs: Math.min(rested, fullCredit(limit)), at: now, posts };
}

/**
 * The earliest instant at which this may be sent if nothing else is: `now` when at once. What is less urgent leaves the
 * last tokens to what is more urgent, so a flood of progress never makes a terminal state wait for a token.
 */
export function sendableAt(budget: Budget, { channel, post, priority }: Want, now: number): number {
  const { limit } = budget;
  const needed = Math.min((1 + reserve(limit, priority)) * limit.everyMs, fullCredit(limit));
  const funded = now + Math.max(0, needed - creditAt(budget, now));
  const lastPost = post ? budget.posts.get(channel) : undefined;
  return lastPost === undefined ? funded : Math.max(funded, Math.min(lastPost, now) + POST_EVERY_MS);
}

/** The budget after this was sent at `now`, whether Slack took it or not. */
export function spend(budget: Budget, { channel, post }: Pick<Want, 'channel' | 'post'>, now: number): Budget {
  const posts = post ? new Map([...recentPosts(budget, now), [channel, now]]) : budget.posts;
  return { ...budget, creditMs: creditAt(budget, now) - budget.limit.everyMs, at: Math.max(now, budget.at), posts };
}

/** Whether `waiting` messages have to wait so long that the next update of one of them comes late by more than `lateMs`. */
export function isHeldBack(budget: Budget, waiting: number, lateMs: number, now: number): boolean {
  const missing = waiting * budget.limit.everyMs - Math.max(0, creditAt(budget, now));
  return missing > lateMs;
}

function reserve({ burst }: BudgetLimit, priority: number): number {
  return Math.floor((burst * priority) / 15);
}

function fullCredit({ burst, everyMs }: BudgetLimit): number {
  return burst * everyMs;
}

/** A clock that is set back earns nothing twice. */
function creditAt({ limit, creditMs, at }: Budget, now: number): number {
  return Math.min(fullCredit(limit), creditMs + Math.max(0, now - at));
}

function recentPosts({ posts }: Budget, now: number): [string, number][] {
  return [...posts].filter(([, at]) => now - at < POST_EVERY_MS);
}
