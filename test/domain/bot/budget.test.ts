import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetLimit, isHeldBack, openBudget, sendableAt, spend, type Budget } from '../../../bot/render/budget.ts';

const MINUTE = 60_000;
const start = Date.parse('2026-03-02T08:00:00Z');

const want = fc.record({
  waitMs: fc.integer({ min: 0, max: 5_000 }),
  channel: fc.constantFrom('C0000001', 'C0000002'),
  post: fc.boolean(),
  priority: fc.integer({ min: 0, max: 3 }),
  /** The process is killed, and another goes on. */
  restart: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

interface Sent {
  at: number;
  channel: string;
  post: boolean;
}

/** Sends everything as early as the budget lets it, through restarts. */
function run(
  perMinute: number,
  wants: readonly { waitMs: number; channel: string; post: boolean; priority: number; restart: boolean }[],
): Sent[] {
  const sent: Sent[] = [];
  let now = start;
  let budget: Budget = openBudget(perMinute, now, null);
  for (const { waitMs, restart, ...one } of wants) {
    now += waitMs;
    if (restart) {
      const posts = new Map(sent.filter(({ post }) => post).map(({ channel, at }) => [channel, at]));
      budget = openBudget(perMinute, now, sent.at(-1)?.at ?? null, posts);
    }
    now = sendableAt(budget, one, now);
    budget = spend(budget, one, now);
    sent.push({ at: now, channel: one.channel, post: one.post });
  }
  return sent;
}

describe('the rate budget', () => {
  test('never lets more than the limit through in any minute, whatever is asked and however often it starts anew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(want, { maxLength: 300 }), (perMinute, wants) => {
        const times = run(perMinute, wants).map(({ at }) => at);
        for (const [i, at] of times.entries()) {
          const inMinute = times.filter((other, j) => j >= i && other <= at + MINUTE);
          expect(inMinute.length).toBeLessThanOrEqual(perMinute);
        }
      }),
    );
  });

  test('posts to a channel at most once per second, and holds no other channel up for it', () => {
    fc.assert(
      fc.property(fc.array(want, { maxLength: 100 }), (wants) => {
        const posts = run(1_000, wants).filter(({ post }) => post);
        for (const times of Map.groupBy(posts, ({ channel }) => channel).values()) {
          times.slice(1).forEach(({ at }, i) => expect(at - times[i]!.at).toBeGreaterThanOrEqual(1_000));
        }
      }),
    );
    const busy = spend(openBudget(45, start, null), { channel: 'C0000001', post: true }, start);
    expect(sendableAt(busy, { channel: 'C0000001', post: true, priority: 0 }, start)).toBe(start + 1_000);
    expect(sendableAt(busy, { channel: 'C0000002', post: true, priority: 0 }, start)).toBe(start);
    expect(sendableAt(busy, { channel: 'C0000001', post: false, priority: 0 }, start)).toBe(start);
  });

  test('lets everything through in the end: nothing waits longer than a full refill', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(want, { maxLength: 100 }), (perMinute, wants) => {
        const { burst, everyMs } = budgetLimit(perMinute);
        let previous = start;
        for (const [i, { at }] of run(perMinute, wants).entries()) {
          const asked = previous + wants[i]!.waitMs;
          expect(at - asked).toBeLessThanOrEqual(burst * everyMs + 1_000);
          previous = at;
        }
      }),
    );
  });

  test('a terminal state finds a token after any flood of progress', () => {
    fc.assert(
      fc.property(fc.integer({ min: 15, max: 200 }), fc.integer({ min: 1, max: 300 }), (perMinute, updates) => {
        let budget = openBudget(perMinute, start, null);
        let now = start;
        const progress = { channel: 'C0000001', post: false, priority: 3 };
        for (let i = 0; i < updates; i += 1) {
          now = sendableAt(budget, progress, now);
          budget = spend(budget, progress, now);
        }
        expect(sendableAt(budget, { ...progress, priority: 0 }, now)).toBe(now);
      }),
    );
  });

  test('a clock that is set back neither earns twice nor waits for what has passed', () => {
    const spent = spend(openBudget(1, start, null), { channel: 'C0000001', post: true }, start);
    const asked = { channel: 'C0000001', post: false, priority: 0 };
    expect(sendableAt(spent, asked, start - MINUTE)).toBeGreaterThan(start - MINUTE);
    expect(sendableAt(spent, asked, start + MINUTE + 1)).toBe(start + MINUTE + 1);
  });

  test('says that cards are held back when what waits cannot be sent in time', () => {
    const budget = openBudget(45, start, null);
    expect(isHeldBack(budget, 3, 3_000, start)).toBe(false);
    expect(isHeldBack(budget, 30, 3_000, start)).toBe(true);
  });
});
