import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { servedEntries } from '../../../server/domain/channel.ts';
import { demoted, undemoted } from '../../../server/domain/channel-change.ts';
import { deployableVersions, deploy } from '../../../server/domain/deploy.ts';
import { demotionImpact } from '../../../server/domain/impact.ts';
import { cacheBehaviour } from '../../../server/domain/installer.ts';
import { comparePositions } from '../../../server/domain/versions.ts';
import { checked, visibleReleases } from '../../../server/domain/visibility.ts';
import { scene, version, type Scene } from './client-story.ts';

const sees = ({ channel, client }: Scene) => visibleReleases(channel, client).map((release) => release.version);
const check = ({ channel, client }: Scene): Scene => ({ channel, client: checked(channel, client) });
const demote = (before: Scene, v: string): Scene => ({ ...before, channel: demoted(before.channel, v) });
const undemote = (before: Scene, v: string): Scene => ({ ...before, channel: undemoted(before.channel, v) });

/** The story so far has no demoted entry of that version, so that un-demoting puts back what was. */
const isActive = ({ channel }: Scene, v: string) => channel.entries.some((e) => e.version === v && !e.demoted);

describe('what clients see', () => {
  test('after demote and un-demote a client sees, one check later, what it saw before', () => {
    fc.assert(
      fc.property(scene, version, fc.boolean(), (story, v, checkedBetween) => {
        const before = check(story);
        fc.pre(isActive(before, v));
        const gone = demote(before, v);
        const back = check(undemote(checkedBetween ? check(gone) : gone, v));
        expect(sees(back)).toEqual(sees(before));
        expect(deployableVersions(back.channel, back.client)).toEqual(
          deployableVersions(before.channel, before.client),
        );
      }),
    );
  });

  test('checking twice is checking once', () => {
    fc.assert(
      fc.property(scene, (story) => {
        const once = check(story);
        expect(check(once)).toEqual(once);
      }),
    );
  });

  test('a failed check changes nothing', () => {
    fc.assert(
      fc.property(scene, ({ client }) => {
        expect(checked(null, client)).toBe(client);
      }),
    );
  });

  test('a truncated answer hides nothing from a client that has a cache of its own', () => {
    fc.assert(
      fc.property(scene, fc.func(fc.boolean()), (story, isLeftOut) => {
        fc.pre(['hide', 'refresh', 'keep'].includes(cacheBehaviour(story.client.installer)));
        const before = sees(check(story));
        const checkedOnce = check(story);
        const entries = checkedOnce.channel.entries.filter((entry) => !isLeftOut(entry.version));
        const truncated = { ...checkedOnce, client: checked({ ...checkedOnce.channel, entries }, checkedOnce.client) };
        expect(sees(truncated)).toEqual(before);
      }),
    );
  });

  test('nothing is seen twice, and everything newest first', () => {
    fc.assert(
      fc.property(scene, ({ channel, client }) => {
        const visible = visibleReleases(channel, client);
        expect(new Set(visible.map((release) => release.version)).size).toBe(visible.length);
        for (const [index, release] of visible.slice(1).entries()) {
          expect(comparePositions(channel.versioning, visible[index]!, release)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('what runs stays in sight of whoever has a cache or reads live', () => {
    fc.assert(
      fc.property(scene, (story) => {
        fc.pre(story.client.deployed !== null && cacheBehaviour(story.client.installer) !== 'none');
        expect(sees(story)).toContain(story.client.deployed?.version);
        expect(sees(check(story))).toContain(story.client.deployed?.version);
      }),
    );
  });

  test('Helm sees what the channel serves, at every moment', () => {
    fc.assert(
      fc.property(scene, ({ channel }) => {
        const helm = { installer: { method: 'helm' as const }, cache: [], deployed: null, downloaded: [] };
        expect(sees({ channel, client: helm })).toEqual(servedEntries(channel).map((entry) => entry.version));
      }),
    );
  });
});

describe('what clients deploy', () => {
  test('is something they see, and what is accepted runs from then on', () => {
    fc.assert(
      fc.property(scene, version, ({ channel, client }, v) => {
        const { decision, client: after } = deploy(channel, client, v, 'succeeded');
        expect(decision.allowed).toBe(deployableVersions(channel, client).includes(v));
        expect(after.deployed?.version).toBe(decision.allowed ? v : client.deployed?.version);
      }),
    );
  });

  test('is never a demoted release that has to be fetched, unless it runs or a managed host goes back to it', () => {
    fc.assert(
      fc.property(scene, ({ channel, client }) => {
        fc.pre(!client.installer.method.startsWith('k'));
        for (const v of deployableVersions(channel, client)) {
          const entry = channel.entries.find((each) => each.version === v);
          const runs = client.deployed;
          if (!entry?.demoted || v === runs?.version) continue;
          expect(client.installer.method).toBe('managed');
          expect(runs && comparePositions(channel.versioning, entry, runs)).toBeLessThan(0);
        }
      }),
    );
  });

  test('for a managed host is only what is downloaded, or runs', () => {
    fc.assert(
      fc.property(scene, ({ channel, client }) => {
        fc.pre(client.installer.method === 'managed');
        const had = [...client.downloaded, client.deployed?.version];
        for (const v of deployableVersions(channel, client)) expect(had).toContain(v);
      }),
    );
  });
});

describe('the impact preview', () => {
  test('tells what then happens', () => {
    fc.assert(
      fc.property(scene, version, (story, v) => {
        const impact = demotionImpact(story.channel, story.client, v);
        const after = demote(story, v);
        const [now, next] = [sees(after).includes(v), sees(check(after)).includes(v)];
        const seen = {
          deployed_unaffected: [now, next],
          never_appears: [false, false],
          disappears_now: [false, false],
          stays_listed: [true, true],
          disappears_at_next_check: [true, false],
          stays_available: [true, true],
        }[impact];
        expect([now, next]).toEqual(seen);
        expect(impact === 'never_appears').toBe(!sees(story).includes(v) && story.client.deployed?.version !== v);
        expect(impact === 'deployed_unaffected').toBe(story.client.deployed?.version === v);
      }),
    );
  });
});
