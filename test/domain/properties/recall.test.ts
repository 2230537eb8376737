import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Channel, ChannelEntry } from '../../../server/domain/channel.ts';
import { chooseAutomaticInstall } from '../../../server/domain/automatic-install.ts';
import { newClient } from '../../../server/domain/client.ts';
import { deployableVersions } from '../../../server/domain/deploy.ts';
import { decideDownload } from '../../../server/domain/download.ts';
import {
  isRecalled,
  recallsOf,
  rollOff,
  withRecalls,
  type Recall,
  type RecallStrategy,
} from '../../../server/domain/recall.ts';
import { planRollback } from '../../../server/domain/rollback.ts';
import { compareVersions } from '../../../server/domain/versions.ts';
import { visibleReleases } from '../../../server/domain/visibility.ts';

const VERSIONS = ['1.0.0', '1.1.0-rc.1', '1.1.0', '1.2.0', '1.3.0', '2.0.0'];
const version = fc.constantFrom(...VERSIONS);
const now = 1_000;

const strategy: fc.Arbitrary<RecallStrategy> = fc.oneof(
  fc.constant({ type: 'forward' as const }),
  version.map((floor) => ({ type: 'downgrade' as const, floor })),
  fc.integer({ min: 998, max: 1_002 }).map((until) => ({ type: 'freeze' as const, until })),
);

const recall: fc.Arbitrary<Recall> = fc.record({
  range: fc.oneof(
    version.map((only) => ({ only })),
    version.map((from) => ({ from })),
    fc.record({ from: version, before: version }),
  ),
  except: fc.array(version, { maxLength: 2 }),
  strategy,
  reverted: fc.boolean(),
});
const recalls = fc.array(recall, { maxLength: 4 });

const channel: fc.Arbitrary<Channel> = fc
  .shuffledSubarray(VERSIONS)
  .chain((versions) =>
    fc.tuple(
      ...versions.map((each, index) =>
        fc
          .record({ demoted: fc.boolean(), required: fc.boolean() })
          .map((marks): ChannelEntry => ({ version: each, sequence: index + 1, ...marks })),
      ),
    ),
  )
  .map((entries) => ({ versioning: 'semver' as const, entries }));

test('nothing recalled is served, downloaded, installed, or where a host is sent', () => {
  fc.assert(
    fc.property(channel, recalls, version, (given, active, runs) => {
      const marked = withRecalls(given, active);
      const managed = { ...newClient({ method: 'managed' }), downloaded: VERSIONS };
      const deployed = { version: runs, sequence: null, failed: false, required: false };
      const helm = visibleReleases(marked, newClient({ method: 'helm' })).map((release) => release.version);
      const installable = [null, deployed].flatMap((d) => deployableVersions(marked, { ...managed, deployed: d }));
      const sentTo = rollOff(given, active, runs, now);
      const reached = [...helm, ...installable, ...(sentTo.action === 'install' ? [sentTo.version] : [])];
      const onChannel = reached.filter((each) => given.entries.some((entry) => entry.version === each));
      for (const each of onChannel) expect(isRecalled(active, each)).toBe(false);
      for (const entry of marked.entries.filter((each) => isRecalled(active, each.version))) {
        expect(decideDownload(entry.version, [entry]).allowed).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test('automation never goes to a demoted, recalled or older release', () => {
  fc.assert(
    fc.property(channel, recalls, version, (given, active, runs) => {
      const marked = withRecalls(given, active);
      const client = {
        ...newClient({ method: 'managed' }),
        downloaded: VERSIONS,
        deployed: { version: runs, sequence: null, failed: false, required: false },
      };
      const { target } = chooseAutomaticInstall(
        {
          updatePolicy: 'auto',
          product: 'web',
          channelName: 'stable',
          channel: marked,
          environment: 'prod',
          host: { name: 'h', life: 'active' },
          client,
          holds: [],
          window: { open: true, nextOpen: null },
          pin: null,
          attempts: [],
          backOffMs: null,
          approvalMissing: false,
          busyWith: null,
        },
        now,
      );
      if (target === null) return;
      const entry = given.entries.find((each) => each.version === target);
      expect(entry?.demoted).toBe(false);
      expect(isRecalled(active, target)).toBe(false);
      expect(compareVersions(target, runs)).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test('a host moves only when its release is recalled, goes back only when every recall allows it, never below a floor', () => {
  fc.assert(
    fc.property(channel, recalls, version, (given, active, runs) => {
      const covering = recallsOf(active, runs);
      const move = rollOff(given, active, runs, now);
      expect(move.action === 'none').toBe(covering.length === 0);
      const frozen = covering.some((each) => each.strategy.type === 'freeze' && now < each.strategy.until);
      if (frozen) expect(move).toMatchObject({ action: 'stay', reason: { code: 'frozen' } });
      if (move.action !== 'install' || compareVersions(move.version, runs) > 0) return;
      for (const { strategy: each } of covering) {
        expect(each.type === 'downgrade' && compareVersions(move.version, each.floor) >= 0).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('a rollback never grows the scope: it plans each named host once, and no other', () => {
  const host = fc.record({
    name: fc.string(),
    reports: fc.option(version),
    failed: fc.boolean(),
    consistent: fc.boolean(),
    healthy: fc.boolean(),
    history: fc.array(
      fc.record({
        version,
        sequence: fc.constant(null),
        succeeded: fc.boolean(),
        healthy: fc.boolean(),
        recalled: fc.boolean(),
        packageKept: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(
      channel,
      version,
      fc.array(host, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.boolean(),
      (given, from, hosts, includeHealthy, brokenGlass) => {
        const visible = visibleReleases(given, { ...newClient({ method: 'managed' }), downloaded: VERSIONS });
        const plan = planRollback({
          channel: given,
          visible,
          from,
          hosts,
          includeHealthy,
          ofRollback: false,
          brokenGlass,
        });
        if (!('hosts' in plan)) throw new Error('refused');
        expect(plan.hosts.map((each) => each.host)).toEqual(hosts.map(({ name }) => name));
        for (const [index, each] of plan.hosts.entries()) {
          if (each.action !== 'install') continue;
          const { failed, consistent, healthy, history } = hosts[index]!;
          expect(includeHealthy || failed || !consistent || !healthy).toBe(true);
          expect(each.version).not.toBe(from);
          expect(
            history.some((h) => h.version === each.version && h.succeeded && h.healthy && !h.recalled && h.packageKept),
          ).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
