import { describe, expect, test } from 'vitest';
import { FleetOrder } from '../../dashboard/live/fleet-picture.ts';
import { verdict, verdictSentence } from '../../dashboard/live/verdict.ts';
import { fleet, halt, lose, startInstall, storyOf } from '../support/board-fixture.ts';
import type { Story } from '../support/story.ts';

const now = 1_800_000_000_000;

function said(story: Story, at = now): string {
  return verdictSentence(verdict(story.board, new FleetOrder().picture(story.board), at));
}

describe('how things stand', () => {
  test.each([
    ['idle', 'All quiet. 12 hosts live, 2 releases ready.'],
    ['rollout', 'Job 42 installing. orders 4.2.1, 4 of 12 hosts done.'],
    ['failure', 'Job 42 halted: 2 of 12 hosts failed on orders 4.2.1.'],
    ['unreachable', '1 host unreachable: 11 of 12 hosts live.'],
    ['unknown', '3 hosts unknown. 9 of 12 hosts live.'],
    ['paused', 'Job 42 paused. orders 4.2.1, 4 of 12 hosts done.'],
    ['downloading', 'Job 42 downloading. orders 4.3.0.'],
    ['promoting', 'Canary in trouble: scanner 12.0.0-rc.4: 1 of 5 test entities unhealthy, 2 recall it.'],
    ['empty', 'Nothing to watch yet. No host is declared: signalbox apply -f fleet.yaml'],
  ] as const)('%s', (situation, sentence) => {
    expect(said(storyOf(situation, 12, now))).toBe(sentence);
  });

  test('a failed job outweighs a host that is silent besides, and both are counted', () => {
    const story = storyOf('failure', 12, now);
    lose(story, 12, 'No route to the host.');
    expect(said(story)).toBe('Job 42 halted: 2 of 12 hosts failed, 1 more unreachable.');
  });

  test('a fleet of which nothing was heard is never called quiet', () => {
    const story = fleet(3, now);
    for (const id of [1, 2, 3]) story.host(id, { liveness: 'unknown', livenessSince: null });
    expect(said(story)).toBe('No host heard yet. 0 of 3 hosts live.');
  });

  test('a feed that contradicts the catalog is trouble even while everything else is quiet', () => {
    const story = fleet(3, now);
    story.release(3, { conflict: { code: 'digest_changed', sentence: 'Another digest.' } }, 'release.conflict');
    expect(said(story)).toBe('Release in conflict: The feed states another digest for orders 4.2.1.');
  });

  test('a job that failed without a bad host is news for fifteen minutes', () => {
    const story = fleet(3, now);
    startInstall(story);
    halt(story);
    expect(said(story, now + 60_000)).toMatch(/^Job 42 failed: orders 4\.2\.1: /);
    expect(said(story, now + 16 * 60_000)).toMatch(/^All quiet/);
  });

  test('a recall is news for fifteen minutes, unless somebody reverts it', () => {
    const story = fleet(3, now);
    const recall = {
      id: 1,
      productId: 1,
      range: { only: '4.2.1' },
      except: [],
      strategy: { type: 'forward' as const },
      reason: 'scanners lose their line',
      openedAt: now - 60_000,
      openedBy: 'Ben',
      evaluationId: null,
      rollOffAll: true,
      ownEnvironments: [],
      revertedAt: null,
      revertedBy: null,
      revertReason: null,
    };
    story.say({ kind: 'recall.opened', entity: 'recall', view: recall });
    expect(said(story)).toBe('Release recalled: orders 4.2.1 by Ben: scanners lose their line');
    expect(said(story, now + 15 * 60_000)).toMatch(/^All quiet/);
    story.say({ kind: 'recall.reverted', entity: 'recall', view: { ...recall, revertedAt: now, revertedBy: 'Ben' } });
    expect(said(story)).toMatch(/^All quiet/);
  });

  test('headlines fit the first rank of the wall: 25 characters', () => {
    for (const situation of ['idle', 'rollout', 'failure', 'many_unreachable', 'unknown', 'paused', 'empty'] as const) {
      const { headline } = verdict(
        ...(([story]) => [story.board, new FleetOrder().picture(story.board), now] as const)([
          storyOf(situation, 300, now),
        ] as const),
      );
      expect(headline.length).toBeLessThanOrEqual(25);
    }
  });
});
