import { describe, expect, test } from 'vitest';
import {
  afterCounted,
  countedMsIn,
  countedSpans,
  isTimeZone,
  mergedSpans,
  totalMs,
  uncut,
  weekendsWithin,
} from '../../server/domain/calendar.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const HOUR = 3_600_000;

test('spans that overlap or touch are one, empty ones are dropped', () => {
  const spans = [
    { from: 5, to: 7 },
    { from: 0, to: 2 },
    { from: 2, to: 3 },
    { from: 6, to: 9 },
    { from: 11, to: 11 },
  ];
  expect(mergedSpans(spans)).toEqual([
    { from: 0, to: 3 },
    { from: 5, to: 9 },
  ]);
  expect(
    mergedSpans([
      { from: 0, to: 9 },
      { from: 1, to: 2 },
    ]),
  ).toEqual([{ from: 0, to: 9 }]);
});

test('what no cut covers is kept', () => {
  const cuts = [
    { from: -5, to: 1 },
    { from: 3, to: 4 },
    { from: 8, to: 20 },
  ];
  expect(uncut({ from: 0, to: 10 }, cuts)).toEqual([
    { from: 1, to: 3 },
    { from: 4, to: 8 },
  ]);
  expect(uncut({ from: 0, to: 10 }, [])).toEqual([{ from: 0, to: 10 }]);
  expect(uncut({ from: 0, to: 10 }, [{ from: 0, to: 10 }])).toEqual([]);
  expect(uncut({ from: 0, to: 10 }, [{ from: 12, to: 13 }])).toEqual([{ from: 0, to: 10 }]);
  expect(uncut({ from: 10, to: 10 }, [])).toEqual([]);
});

describe('weekends', () => {
  const saturdays = (from: string, to: string) =>
    weekendsWithin({ from: at(from), to: at(to) }, 'UTC').map((weekend) =>
      new Date(weekend.from).toISOString().slice(0, 10),
    );

  test('are those that the span may touch', () => {
    expect(saturdays('2026-11-21T12:00:00Z', '2026-11-25T00:00:00Z')).toEqual(['2026-11-21']);
    expect(saturdays('2026-11-21T00:00:00Z', '2026-11-25T00:00:00Z')).toEqual(['2026-11-21']);
    expect(saturdays('2026-11-22T12:00:00Z', '2026-11-28T00:00:00Z')).toEqual(['2026-11-21']);
    expect(saturdays('2026-11-22T12:00:00Z', '2026-11-28T00:00:00.001Z')).toEqual(['2026-11-21', '2026-11-28']);
    expect(saturdays('2026-11-20T23:00:00Z', '2026-12-06T00:00:00Z').slice(-3)).toEqual([
      '2026-11-21',
      '2026-11-28',
      '2026-12-05',
    ]);
  });

  test('from Saturday to Monday, whole', () => {
    const [weekend] = weekendsWithin({ from: at('2026-11-22T12:00:00Z'), to: at('2026-11-22T13:00:00Z') }, 'UTC');
    expect(weekend).toEqual({ from: at('2026-11-21T00:00:00Z'), to: at('2026-11-23T00:00:00Z') });
  });

  test('a Sunday that begins at one o’clock makes it 47 hours', () => {
    const weekend = weekendsWithin(
      { from: at('2026-03-27T12:00:00Z'), to: at('2026-03-30T12:00:00Z') },
      'Asia/Beirut',
    ).at(-1);
    expect(weekend).toEqual({ from: at('2026-03-27T22:00:00Z'), to: at('2026-03-29T21:00:00Z') });
  });

  test.each([
    ['2026-03-27T12:00:00Z', 47],
    ['2026-06-05T12:00:00Z', 48],
    ['2026-10-23T12:00:00Z', 49],
  ])('after %s it has %d hours in Berlin', (from, hours) => {
    const weekend = weekendsWithin({ from: at(from), to: at(from) + 72 * HOUR }, 'Europe/Berlin').at(-1)!;
    expect(weekend.to - weekend.from).toBe(hours * HOUR);
  });
});

describe('counted time', () => {
  const calendar = { timeZone: 'UTC', excludeWeekends: true, outages: [] };

  test('leaves weekends and outages out', () => {
    const outages = [{ from: at('2026-11-20T13:00:00Z'), to: at('2026-11-20T14:00:00Z') }];
    const span = { from: at('2026-11-20T12:00:00Z'), to: at('2026-11-23T12:00:00Z') };
    expect(totalMs(countedSpans(span, { ...calendar, outages }))).toBe(23 * HOUR);
    expect(totalMs(countedSpans(span, { ...calendar, excludeWeekends: false }))).toBe(72 * HOUR);
  });

  test('between two instants is what the counted spans cover of it', () => {
    const counted = [
      { from: 0, to: 10 },
      { from: 20, to: 30 },
      { from: 40, to: 50 },
    ];
    const between = (from: number, to: number) => countedMsIn(counted, { from, to });
    expect([
      between(0, 50),
      between(5, 45),
      between(10, 20),
      between(12, 18),
      between(29, 41),
      between(50, 60),
    ]).toEqual([30, 20, 0, 0, 2, 0]);
    expect(countedMsIn([], { from: 0, to: 9 })).toBe(0);
  });

  test('the instant after it is the earliest one', () => {
    const friday = at('2026-11-20T12:00:00Z');
    expect(afterCounted(friday, 0, calendar)).toBe(friday);
    expect(afterCounted(friday, 1, calendar)).toBe(friday + 1);
    expect(afterCounted(friday, 12 * HOUR, calendar)).toBe(at('2026-11-21T00:00:00Z'));
    expect(afterCounted(friday, 12 * HOUR + 1, calendar)).toBe(at('2026-11-23T00:00:00.001Z'));
    expect(afterCounted(friday, 12 * HOUR + 1, { ...calendar, excludeWeekends: false })).toBe(
      at('2026-11-21T00:00:00.001Z'),
    );
  });

  test('no time at all is reached at once, also at a weekend', () => {
    const sunday = at('2026-11-22T12:00:00Z');
    expect(afterCounted(sunday, 0, calendar)).toBe(sunday);
    expect(afterCounted(sunday, 1, calendar)).toBe(at('2026-11-23T00:00:00.001Z'));
  });

  test('a long outage only puts it off', () => {
    const from = at('2026-11-16T00:00:00Z');
    const outages = [{ from: from + HOUR, to: from + 100 * 24 * HOUR }];
    expect(afterCounted(from, 2 * HOUR, { ...calendar, excludeWeekends: false, outages })).toBe(
      from + (2400 + 1) * HOUR,
    );
  });
});

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['+01:00', false],
  ['', false],
])('%j as an IANA time zone: %s', (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});
