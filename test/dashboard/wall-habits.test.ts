import { describe, expect, test } from 'vitest';
import { alarmEveryMs, isAlarmDue } from '../../dashboard/wall/alarm.ts';
import { askedBy } from '../../dashboard/wall/asked.ts';
import { driftAt } from '../../dashboard/wall/drift.ts';

describe('drift against burn-in', () => {
  const hour = Array.from({ length: 60 }, (_, minute) => driftAt(1_800_000_000_000 + minute * 60_000));

  test('within an hour the picture has stood at nine places', () => {
    expect(new Set(hour.map(({ x, y }) => `${x} ${y}`)).size).toBe(9);
  });

  test('it never leaves the margin, and moves no further than one step at a time', () => {
    for (const [at, { x, y }] of hour.entries()) {
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(1.5);
      const before = hour[at - 1] ?? { x, y };
      expect(Math.hypot(x - before.x, y - before.y)).toBeLessThan(1);
    }
  });
});

describe('the sound', () => {
  test('comes for an incident that nobody has taken, at most once a minute, and not any more when somebody has', () => {
    const now = 1_800_000_000_000;
    expect(isAlarmDue(0, now, null)).toBe(false);
    expect(isAlarmDue(1, now, null)).toBe(true);
    expect(isAlarmDue(2, now + alarmEveryMs - 1, now)).toBe(false);
    expect(isAlarmDue(2, now + alarmEveryMs, now)).toBe(true);
    expect(isAlarmDue(0, now + alarmEveryMs, now)).toBe(false);
  });

  test.each([
    ['', { group: null, sound: false }],
    ['?sound=yes', { group: null, sound: false }],
    ['?sound=on&group=site', { group: 'site', sound: true }],
    ['?group=', { group: null, sound: false }],
  ])('an address with %s asks for %o', (search, asked) => {
    expect(askedBy(search)).toEqual(asked);
  });
});
