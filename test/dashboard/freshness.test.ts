import { describe, expect, test } from 'vitest';
import { judgeFreshness, noSigns, type Signs } from '../../dashboard/live/freshness.ts';
import { freshnessSentence } from '../../dashboard/live/freshness-words.ts';

/** A board that was true at 100 000 on the monotonic clock, over a link that is up. */
const fresh: Signs = {
  ...noSigns(0),
  truthAt: 100_000,
  truthServerTime: Date.UTC(2026, 10, 25, 14, 3, 22),
  linked: true,
  ages: { clock: 900, queue: 400, feed: 60_000 },
  agesAt: 100_000,
};

describe('freshness', () => {
  test.each([
    [0, 'live', false],
    [11_999, 'live', false],
    [12_000, 'late', false],
    [19_999, 'late', false],
    [20_000, 'feed_lost', true],
    [3_600_000, 'feed_lost', true],
  ])('%i ms after the last truth it is %s', (age, code, lost) => {
    const judged = judgeFreshness(fresh, 100_000 + age);
    expect([judged.code, judged.lost]).toEqual([code, lost]);
    expect(judged.ageS).toBe(Math.floor(age / 1000));
  });

  test('a link that is known to be down is never live, and is lost after twenty seconds all the same', () => {
    const down = { ...fresh, linked: false };
    expect(judgeFreshness(down, 100_500).code).toBe('reconnecting');
    expect(judgeFreshness(down, 112_000).code).toBe('late');
    expect(judgeFreshness(down, 120_000).code).toBe('feed_lost');
  });

  test('an announced restart has its own word, and does not keep colour alive beyond twenty seconds', () => {
    const restarting = { ...fresh, linked: false, restartingAt: 100_000 };
    expect(judgeFreshness(restarting, 113_000).code).toBe('server_restarting');
    const lost = judgeFreshness(restarting, 134_000);
    expect([lost.code, lost.restarting]).toEqual(['feed_lost', true]);
    expect(freshnessSentence(lost)).toBe('restart announced, not back; last truth 14:03:22 UTC, 34 s ago');
  });

  test('a clock or queue without a sign of life for more than thirty seconds has stalled the engine', () => {
    const at = (ages: Signs['ages']) => judgeFreshness({ ...fresh, ages }, 100_000);
    expect(at({ clock: 900, queue: 30_000, feed: null }).code).toBe('live');
    expect(at({ clock: 900, queue: 30_001, feed: null })).toMatchObject({ code: 'engine_stalled', silent: ['queue'] });
    expect(at({ clock: 40_000, queue: 40_000, feed: 1 }).silent).toEqual(['clock', 'queue']);
  });

  test('the ages go on while no new heartbeat brings others', () => {
    const signs = { ...fresh, ages: { clock: 25_000, queue: 400, feed: 1 } };
    expect(judgeFreshness(signs, 104_000).code).toBe('live');
    expect(judgeFreshness(signs, 106_000)).toMatchObject({ code: 'engine_stalled', silent: ['clock'] });
  });

  test('a part that never gave a sign gets thirty seconds from the start of the watch', () => {
    const signs = { ...fresh, startedAt: 90_000, ages: { clock: null, queue: 10, feed: null } };
    expect(judgeFreshness(signs, 105_000).code).toBe('live');
    expect(judgeFreshness({ ...signs, truthAt: 121_000 }, 121_000).code).toBe('engine_stalled');
  });

  test('a silent release feed alone is no stall: the products say what is wrong with their feeds', () => {
    expect(judgeFreshness({ ...fresh, ages: { clock: 1, queue: 1, feed: 900_000 } }, 100_000).code).toBe('live');
  });

  test('before the first picture nothing is live, whatever the link says', () => {
    const none = { ...noSigns(0), linked: true };
    expect(judgeFreshness(none, 1)).toMatchObject({ code: 'no_data', lost: true, ageS: null });
    expect(judgeFreshness({ ...none, signedOut: true }, 1)).toMatchObject({ code: 'signed_out', lost: true });
  });

  test('what is said of a lost feed names the time of the last truth and its age', () => {
    expect(freshnessSentence(judgeFreshness(fresh, 134_000))).toBe('last truth 14:03:22 UTC, 34 s ago');
  });
});
