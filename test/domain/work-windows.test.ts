import { describe, expect, test } from 'vitest';
import { closedFor, namedWindow, type WindowedEnvironment } from '../../server/domain/work-windows.ts';
import type { WindowSchedule } from '../../server/domain/windows.ts';

/** A Monday. */
const NOON = Date.parse('2026-03-02T12:00:00Z');
const HOUR = 3_600_000;
const night = (start: string, end: string): WindowSchedule => ({
  timeZone: 'UTC',
  windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], start, end }],
});
const plant = (more: Partial<WindowedEnvironment> = {}): WindowedEnvironment => ({
  name: 'plant',
  windows: night('22:00', '02:00'),
  recallWaitsForWindow: false,
  ...more,
});
const work = (kind: 'download' | 'install' | 'rollback' | 'roll-off', windowOverride: string | null = null) => ({
  kind,
  windowOverride,
});

describe('a closed maintenance window', () => {
  test('keeps installs waiting, and says until when', () => {
    expect(closedFor(work('install'), plant(), NOON)).toMatchObject({ code: 'window_closed', until: NOON + 10 * HOUR });
    expect(closedFor(work('install'), plant(), NOON + 10 * HOUR)).toBeNull();
    expect(closedFor(work('install', 'line 1 stands still'), plant(), NOON)).toBeNull();
  });

  test('is passed by downloads and rollbacks, and by roll-offs unless the environment says otherwise', () => {
    for (const kind of ['download', 'rollback', 'roll-off'] as const) {
      expect(closedFor(work(kind), plant(), NOON)).toBeNull();
    }
    expect(closedFor(work('roll-off'), plant({ recallWaitsForWindow: true }), NOON)).not.toBeNull();
    expect(closedFor(work('rollback'), plant({ recallWaitsForWindow: true }), NOON)).toBeNull();
  });
});

describe('the window that a plan waits for', () => {
  const none = { windowFrom: null, windowEnd: null };
  const late = plant({ name: 'late', windows: night('23:00', '01:30') });

  test('is that of the environment which opens last', () => {
    const named = { windowFrom: NOON + 11 * HOUR, windowEnd: NOON + 13.5 * HOUR };
    expect(namedWindow(work('install'), [late, plant()], NOON)).toEqual(named);
    expect(namedWindow(work('install'), [plant(), late], NOON)).toEqual(named);
    expect(namedWindow(work('install'), [plant(), late], NOON + 10 * HOUR)).toEqual(named);
  });

  test('is none where nothing is closed, and for what no window gates', () => {
    expect(namedWindow(work('install'), [plant(), late], NOON + 11 * HOUR)).toEqual(none);
    expect(namedWindow(work('install'), [], NOON)).toEqual(none);
    expect(namedWindow(work('install', 'now'), [plant()], NOON)).toEqual(none);
    expect(namedWindow(work('rollback'), [plant()], NOON)).toEqual(none);
    expect(namedWindow(work('roll-off'), [plant(), plant({ recallWaitsForWindow: true })], NOON).windowFrom).toBe(
      NOON + 10 * HOUR,
    );
  });
});
