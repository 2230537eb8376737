import { describe, expect, test } from 'vitest';
import {
  entryOf,
  headOf,
  isServed,
  positionOf,
  servedEntries,
  type ChannelEntry,
} from '../../server/domain/channel.ts';
import { newClient, type Client } from '../../server/domain/client.ts';
import { decideDeploy } from '../../server/domain/deploy.ts';
import { decideDownload, download } from '../../server/domain/download.ts';
import { environmentImpact } from '../../server/domain/impact.ts';
import { checked, visibleReleases } from '../../server/domain/visibility.ts';
import { channelOf } from './channel-fixture.ts';

const versions = (releases: readonly { version: string }[]) => releases.map(({ version }) => version);
const client = (method: 'helm' | 'embedded-cluster' | 'managed', change: Partial<Client> = {}): Client => ({
  ...newClient({ method }),
  ...change,
});
const deployed = (version: string) => ({ version, sequence: 1, failed: false, required: false });

describe('the head of a channel', () => {
  test('is the newest entry that is neither demoted nor recalled', () => {
    const channel = channelOf(
      '1.0.0',
      '1.1.0',
      { version: '1.2.0', demoted: true },
      { version: '1.3.0', recalled: true },
    );
    expect(headOf(channel, 'stable')).toMatchObject({ head: { version: '1.1.0', sequence: 2 } });
    expect(versions(servedEntries(channel))).toEqual(['1.1.0', '1.0.0']);
  });

  test.each([[[]], [[{ version: '1.0.0', demoted: true }]], [[{ version: '1.0.0', recalled: true }]]])(
    'of %j is none: no active release',
    (entries) => {
      expect(headOf(channelOf(...entries), 'stable')).toMatchObject({
        refusal: { code: 'no_active_release', sentence: 'Channel stable: no active release.' },
      });
    },
  );

  test('an entry is found by its version, and has no place when it is not there', () => {
    const channel = channelOf('1.0.0', '1.1.0');
    expect(entryOf(channel, '1.1.0')?.sequence).toBe(2);
    expect(positionOf(channel, '1.1.0')).toEqual({ version: '1.1.0', sequence: 2 });
    expect(positionOf(channel, '2.0.0')).toEqual({ version: '2.0.0', sequence: null });
    expect(isServed({ version: '1', sequence: 1, demoted: false, required: false })).toBe(true);
  });
});

describe('while it is recalled, a release', () => {
  const channel = channelOf('1.0.0', { version: '1.1.0', recalled: true });

  test('is served on no feed', () => {
    expect(versions(visibleReleases(channel, client('helm')))).toEqual(['1.0.0']);
    expect(versions(checked(channel, client('embedded-cluster')).cache)).toEqual(['1.0.0']);
  });

  test('is hidden from clients that hide, as if it were demoted', () => {
    const kots = checked(channelOf('1.0.0', '1.1.0'), newClient({ method: 'kots', kotsVersion: '1.129.0' }));
    expect(versions(visibleReleases(channel, checked(channel, kots)))).toEqual(['1.0.0']);
  });

  test('cannot be installed, not even as a rollback or again', () => {
    const downloaded = ['1.0.0', '1.1.0'];
    for (const runs of [null, deployed('1.0.0'), deployed('1.1.0'), deployed('1.2.0')]) {
      const managed = client('managed', { downloaded, deployed: runs });
      expect(decideDeploy(channel, managed, '1.1.0')).toMatchObject({ refusal: { code: 'recalled' } });
    }
    const cached = checked(channelOf('1.0.0', '1.1.0'), client('embedded-cluster'));
    expect(decideDeploy(channel, cached, '1.1.0')).toMatchObject({ refusal: { code: 'recalled' } });
  });

  test('cannot be downloaded', () => {
    expect(decideDownload('1.1.0', channel.entries.slice(1))).toMatchObject({ refusal: { code: 'recalled' } });
  });
});

describe('a download', () => {
  const entry = (change: Partial<ChannelEntry>): ChannelEntry => ({
    version: '1.0.0',
    sequence: 1,
    demoted: false,
    required: false,
    ...change,
  });

  test('is refused where the release is demoted, on no channel, or recalled', () => {
    expect(decideDownload('1.0.0', [entry({ demoted: true })])).toMatchObject({ refusal: { code: 'demoted' } });
    expect(decideDownload('1.0.0', [])).toMatchObject({ refusal: { code: 'not_on_channel' } });
    expect(decideDownload('1.0.0', [entry({ demoted: true }), entry({ recalled: true })])).toMatchObject({
      refusal: { code: 'recalled' },
    });
  });

  test('is allowed through another channel than the one it is demoted on', () => {
    expect(decideDownload('1.0.0', [entry({ demoted: true }), entry({})]).allowed).toBe(true);
  });

  test('asked for twice is one package', () => {
    const channel = channelOf('1.0.0');
    const once = download(channel, client('managed'), '1.0.0');
    expect(download(channel, once, '1.0.0')).toEqual(once);
    expect(once.downloaded).toEqual(['1.0.0']);
  });
});

describe('what a client remembers', () => {
  const kots = (kotsVersion: string) => newClient({ method: 'kots', kotsVersion });
  const before = channelOf({ version: '1.0.0', label: 'old', notes: 'old notes' });
  const after = channelOf({ version: '1.0.0', label: 'new', notes: 'new notes' });

  test.each([
    ['1.129.0', 'new'],
    ['1.126.0', 'new'],
    ['1.125.0', 'old'],
  ])('KOTS %s has the %s label and notes after its second check', (version, which) => {
    const twice = checked(after, checked(before, kots(version)));
    expect(twice.cache).toMatchObject([{ label: which, notes: `${which} notes` }]);
  });

  test('of what it runs no longer changes', () => {
    const runs = { ...checked(before, kots('1.129.0')), deployed: deployed('1.0.0') };
    expect(checked(after, runs).cache).toMatchObject([{ label: 'old' }]);
  });

  test('a truncated answer hides nothing', () => {
    const full = checked(channelOf('1.0.0', '1.1.0', '1.2.0'), kots('1.129.0'));
    const truncated = checked(channelOf('1.0.0'), full);
    expect(versions(visibleReleases(channelOf('1.0.0'), truncated))).toEqual(['1.2.0', '1.1.0', '1.0.0']);
  });
});

describe('refusals to deploy say what to do next', () => {
  const sentence = (channel: ReturnType<typeof channelOf>, who: Client, version: string) => {
    const decision = decideDeploy(channel, who, version);
    return decision.allowed ? 'allowed' : decision.refusal.sentence;
  };
  const required = channelOf(
    '1.0.0',
    { version: '1.1.0', required: true },
    { version: '1.2.0', required: true },
    '1.3.0',
  );
  const downloaded = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];

  test('required_first lists what comes before, oldest first', () => {
    const decision = decideDeploy(required, client('managed', { downloaded, deployed: deployed('1.0.0') }), '1.3.0');
    expect(decision).toMatchObject({ refusal: { code: 'required_first', required: ['1.1.0', '1.2.0'] } });
    expect(decision.allowed ? '' : decision.refusal.sentence).toContain('Deploy 1.1.0 first.');
  });

  test('rollback_blocked lists what would be undone, and names break-glass', () => {
    const decision = decideDeploy(required, client('managed', { downloaded, deployed: deployed('1.3.0') }), '1.0.0');
    expect(decision).toMatchObject({ refusal: { code: 'rollback_blocked', required: ['1.1.0', '1.2.0'] } });
    expect(decision.allowed ? '' : decision.refusal.sentence).toBe(
      'Rollback to 1.0.0 refused: 1.1.0 and 1.2.0 are required and would be undone. An admin may use break-glass.',
    );
    const one = decideDeploy(required, client('managed', { downloaded, deployed: deployed('1.2.0') }), '1.1.0');
    expect(one.allowed ? '' : one.refusal.sentence).toContain('1.2.0 is required');
  });

  test('the others name the version and the next step', () => {
    expect(sentence(required, client('managed', { deployed: deployed('1.0.0') }), '1.1.0')).toContain(
      'Download it first',
    );
    expect(sentence(required, client('managed'), '9.9.9')).toContain('9.9.9');
  });

  test('a rollback to a demoted release is allowed, and warns', () => {
    const channel = channelOf({ version: '1.0.0', demoted: true }, '1.1.0');
    const managed = client('managed', { downloaded, deployed: deployed('1.1.0') });
    expect(decideDeploy(channel, managed, '1.0.0')).toMatchObject({
      allowed: true,
      warnings: [{ code: 'demoted_rollback' }],
    });
  });
});

describe('the impact on an environment of several hosts', () => {
  const channel = channelOf('1.0.0', '1.1.0');
  const managed = client('managed', { downloaded: ['1.1.0'] });

  test('is none where one of them runs the release, else that on what the environment sees', () => {
    expect(environmentImpact(channel, managed, ['1.0.0', '1.1.0'], '1.1.0')).toBe('deployed_unaffected');
    expect(environmentImpact(channel, managed, ['1.0.0'], '1.1.0')).toBe('stays_listed');
    expect(environmentImpact(channel, managed, [], '1.0.0')).toBe('disappears_now');
  });
});
