import { describe, expect, test } from 'vitest';
import { closedWindows } from '../../dashboard/console/install/closed-windows.ts';
import { pipelineGraph, RELEASES_SHOWN } from '../../dashboard/console/pipeline/pipeline-graph.ts';
import { promotionTargets } from '../../dashboard/console/pipeline/promotion-targets.ts';
import { releaseGraph } from '../../dashboard/console/pipeline/release-graph.ts';
import { barParts, barSums, drawnLast } from '../../dashboard/console/pipeline/soak-shape.ts';
import { filterText, shareText, stageRules, timeText } from '../../dashboard/console/pipeline/stage-words.ts';
import type { ShownPipeline } from '../../dashboard/console/pipeline/stage-words.ts';
import { daysText, scheduleText, standingOf } from '../../dashboard/console/pipeline/window-words.ts';
import type { InstallPreview } from '../../dashboard/console/install/preview-summary.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';

const DAY = 86_400_000;
type Stage = ShownPipeline['stages'][number]['stage'];
const timed: Stage = {
  source: 'dev',
  target: 'canary',
  kind: 'timed',
  durationMs: 0,
  excludeWeekends: true,
  requireLabel: { key: 'ready', values: ['yes', 'maybe'] },
};
const canary: Extract<Stage, { kind: 'canary' }> = {
  source: 'canary',
  target: 'stable',
  kind: 'canary',
  filters: [],
  promoteWhenHealthy: { needed: { ppm: 334_000 }, durationMs: 3 * DAY },
  recallWhenUnhealthy: { needed: { count: 1 }, durationMs: 3_600_000 },
  minimumEntityCount: 0,
  requireLabel: null,
  rollOffAll: false,
};

describe('what a stage asks for, in words', () => {
  test('every condition of it, recall last', () => {
    expect(stageRules(timed)).toEqual(['0 s of weekdays on dev', 'release label ready=yes|maybe']);
    expect(stageRules(canary)).toEqual([
      '33.4 % healthy for 3 d',
      'more than 0 test entities',
      'recall: 1 unhealthy for 1 h',
    ]);
    expect(
      stageRules({ ...canary, promoteWhenHealthy: null, recallWhenUnhealthy: null, minimumEntityCount: null }),
    ).toEqual([]);
  });

  test('filters by what they let through', () => {
    expect(filterText({ type: 'with_label', key: 'tier', values: ['a', 'b'] })).toBe('with tier=a|b');
    expect(filterText({ type: 'without_label', key: 'tier' })).toBe('without tier');
    expect(filterText({ type: 'choose', environments: ['x', 'y'] })).toBe('only x and y');
    expect(filterText({ type: 'exclude', environments: ['x'] })).toBe('not x');
  });

  test('a share is never rounded up over its threshold', () => {
    expect(shareText(94_999, 100_000)).toBe('94.9 %');
    expect(shareText(95_000, 100_000)).toBe('95.0 %');
    expect(shareText(0, 0)).toBe('–');
    expect(timeText(0)).toBe('0 s');
  });
});

describe('windows, in words', () => {
  test('runs of days, the next day, and the zone', () => {
    const schedule = {
      timeZone: 'Europe/Berlin',
      windows: [
        { days: ['thu', 'mon', 'tue', 'wed', 'sat'] as const, start: '09:00', end: '16:00' },
        { days: ['sun'] as const, start: '22:00', end: '04:00' },
      ],
    };
    expect(scheduleText(schedule)).toBe('Mon–Thu, Sat 09:00–16:00 and Sun 22:00–04:00 of the next day, Europe/Berlin');
    expect(scheduleText(ALWAYS_OPEN)).toBe('always open');
    expect(daysText(['sat', 'sun'])).toBe('Sat, Sun');
    expect(daysText(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).toBe('every day');
  });

  test('whether they are open is told only where there are some', () => {
    const monday = { timeZone: 'UTC', windows: [{ days: ['mon'] as const, start: '09:00', end: '10:00' }] };
    expect(standingOf(monday, Date.parse('2026-03-02T09:30:00Z'))?.open).toBe(true);
    expect(standingOf(monday, Date.parse('2026-03-02T10:00:00Z'))?.nextOpen).toBe(Date.parse('2026-03-09T09:00:00Z'));
    expect(standingOf(ALWAYS_OPEN, 0)).toBe(null);
  });
});

describe('the bar of a soak', () => {
  const pieces = [
    { from: 0, to: 400, kind: 'healthy' as const },
    { from: 400, to: 401, kind: 'unhealthy' as const },
    { from: 401, to: 1_000, kind: 'cut' as const },
  ];

  test('is as long as the soak, each piece at its time', () => {
    expect(barParts(pieces)).toEqual([
      { kind: 'healthy', at: 0, width: 400_000, ms: 400 },
      { kind: 'unhealthy', at: 400_000, width: 6_000, ms: 1 },
      { kind: 'cut', at: 401_000, width: 599_000, ms: 599 },
    ]);
    expect(barSums(pieces)).toEqual({ healthy: 400, unhealthy: 1, neutral: 0, cut: 599 });
  });

  test('a moment of trouble is wide enough to be seen, drawn over its neighbours, and never beyond the end', () => {
    expect(drawnLast(barParts(pieces)).at(-1)?.kind).toBe('unhealthy');
    const last = [
      { from: 0, to: 9_999, kind: 'healthy' as const },
      { from: 9_999, to: 10_000, kind: 'unhealthy' as const },
    ];
    const trouble = barParts(last).at(-1);
    expect((trouble?.at ?? 0) + (trouble?.width ?? 0)).toBe(1_000_000);
  });

  test('a soak that has just begun has no bar', () => {
    expect(barParts([])).toEqual([]);
    expect(barParts([{ from: 5, to: 5, kind: 'healthy' }])).toEqual([]);
  });
});

describe('the graphs', () => {
  const release = (version: string) => ({
    releaseId: Number(version),
    version,
    sequence: 1,
    promotedAt: 0,
    promotedBy: 'Ana',
    demoted: false,
    recalled: false,
    on: 0,
    upgrading: 0,
  });
  const channel = (name: string, releases: string[] = []) => ({
    id: 1,
    name,
    following: 0,
    releases: releases.map(release),
  });

  test('a box grows with its rows up to the most that it shows', () => {
    const sizes = [1, RELEASES_SHOWN, RELEASES_SHOWN + 1, 50].map((count) => {
      const versions = Array.from({ length: count }, (_, at) => String(at));
      return pipelineGraph({ channels: [channel('dev', versions)], stages: [] }).nodes[0]?.height ?? 0;
    });
    expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
    expect(sizes[1]).toBeLessThan(sizes[2] ?? 0);
    expect(sizes[2]).toBe(sizes[3]);
  });

  test('a stage whose channel is gone has a box and no line', () => {
    const graph = pipelineGraph({ channels: [channel('dev')], stages: [{ stage: timed, evaluations: [] }] });
    expect(graph.nodes.map(({ id }) => id)).toEqual(['channel dev', 'stage dev → canary']);
    expect(graph.edges).toEqual([]);
  });

  test('the way of a release has every channel that it stands on, and how', () => {
    const at = { channel: 'beta', by: 'Ana', at: 0, reason: 'broken' };
    const graph = releaseGraph({ channels: ['dev'], demotions: [at] as never }, [{ stage: timed, evaluation: null }]);
    expect(
      [...graph.boxes.values()].flatMap((box) => (box.kind === 'channel' ? [`${box.name} ${box.standing}`] : [])),
    ).toEqual(['dev active', 'canary absent', 'beta demoted']);
  });

  test('by hand a release goes first where a stage leads from where it is, and never where it has an entry', () => {
    const targets = promotionTargets(
      { channels: ['dev'], demotions: [{ channel: 'stable' }] as never },
      ['dev', 'beta', 'canary', 'stable'],
      [timed, canary],
    );
    expect(targets.map(({ channel: name, stage }) => [name, stage?.source ?? null])).toEqual([
      ['canary', 'dev'],
      ['beta', null],
    ]);
  });
});

test('hosts that would wait for a window stand together by the window; those that need nothing wait for nothing', () => {
  const host = (hostId: number, outcome: string, sentence: string | null) => ({
    hostId,
    outcome,
    windowClosed: sentence === null ? null : { code: 'window_closed', sentence },
  });
  const hosts = [
    host(1, 'install', 'No window of a is open.'),
    host(2, 'install', 'No window of b is open.'),
    host(3, 'install', 'No window of a is open.'),
    host(4, 'skip', 'No window of a is open.'),
    host(5, 'install', null),
    host(6, 'refuse', 'No window of b is open.'),
  ] as unknown as InstallPreview['hosts'];
  expect(
    closedWindows(hosts).map(({ sentence, hosts: those }) => [sentence, those.map(({ hostId }) => hostId)]),
  ).toEqual([
    ['No window of a is open.', [1, 3]],
    ['No window of b is open.', [2, 6]],
  ]);
});
