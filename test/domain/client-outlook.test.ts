import { describe, expect, test } from 'vitest';
import { INACTIVE_AFTER_MS, presence, versionsBehind } from '../../server/domain/adoption.ts';
import type { Channel } from '../../server/domain/channel.ts';
import { DEFAULT_CHECK_EVERY_MS, nextCheckAt } from '../../server/domain/check-schedule.ts';
import { newClient, type Client } from '../../server/domain/client.ts';
import { installerNamed, keepsCache } from '../../server/domain/installer.ts';
import { labelText } from '../../server/domain/label-text.ts';
import { clientOutlook, nextStep } from '../../server/domain/outlook.ts';
import { requiredImpact } from '../../server/domain/required-impact.ts';
import { checked } from '../../server/domain/visibility.ts';

const entry = (
  version: string,
  sequence: number,
  more: { demoted?: boolean; required?: boolean; recalled?: boolean } = {},
) => ({
  version,
  sequence,
  demoted: false,
  required: false,
  ...more,
});
const channelOf = (...entries: ReturnType<typeof entry>[]): Channel => ({ versioning: 'semver', entries });
const kots = (version: string, change: Partial<Client> = {}): Client => ({
  ...newClient({ method: 'kots', kotsVersion: version }),
  ...change,
});
const runs = (version: string, required = false) => ({ version, sequence: null, failed: false, required });

describe('what a client sees', () => {
  const before = channelOf(entry('1.0.0', 1), entry('2.0.0', 2));
  const client = checked(before, kots('1.125.0', { deployed: runs('1.0.0') }));

  test('is shown with the marks of the channel beside what it believes, and whether it may deploy it', () => {
    const now = channelOf(entry('1.0.0', 1), entry('2.0.0', 2, { demoted: true, required: true }), entry('3.0.0', 3));
    expect(clientOutlook(now, client)).toMatchObject({
      sees: [
        { version: '2.0.0', demoted: true, required: false, runs: false, decision: { allowed: true } },
        { version: '1.0.0', demoted: false, runs: true, decision: { allowed: true } },
      ],
      unseen: [{ version: '3.0.0', reason: { code: 'at_next_check' } }],
    });
  });

  test('with the mark of a recall, where it still sees what is recalled', () => {
    const now = channelOf(entry('1.0.0', 1), entry('2.0.0', 2, { recalled: true }));
    expect(clientOutlook(now, client).sees.map(({ version, recalled }) => [version, recalled])).toEqual([
      ['2.0.0', true],
      ['1.0.0', false],
    ]);
  });

  test('and of what it does not see, why', () => {
    const now = channelOf(
      entry('0.9.0', 4),
      entry('1.0.0', 1),
      entry('2.0.0', 2),
      entry('3.0.0', 3, { demoted: true }),
      entry('4.0.0', 5, { recalled: true }),
    );
    const codes = clientOutlook(now, client).unseen.map(({ version, reason }) => [version, reason.code]);
    expect(codes).toEqual([
      ['4.0.0', 'recalled'],
      ['3.0.0', 'demoted'],
      ['0.9.0', 'not_newer'],
    ]);
  });
});

describe('the next step', () => {
  const channel = channelOf(entry('1.0.0', 1), entry('2.0.0', 2, { required: true }), entry('3.0.0', 3));

  test('is the newest that may be deployed, with what blocks the head', () => {
    const client = checked(channel, kots('1.128.0', { deployed: runs('1.0.0') }));
    expect(nextStep(channel, client, '3.0.0')).toMatchObject({ next: '2.0.0', blocked: { code: 'required_first' } });
    const there = { ...client, deployed: runs('3.0.0') };
    expect(nextStep(channel, there, '3.0.0')).toEqual({ next: null, head: '3.0.0', blocked: null });
  });

  test('waits for a check where the head has not been fetched, and for a release where there is none', () => {
    const unchecked = kots('1.128.0', { deployed: runs('1.0.0') });
    expect(nextStep(channel, unchecked, '3.0.0')).toMatchObject({ next: null, blocked: { code: 'at_next_check' } });
    expect(nextStep(channelOf(), unchecked, null)).toMatchObject({ blocked: { code: 'no_active_release' } });
    expect(nextStep(channel, newClient({ method: 'helm' }), '3.0.0')).toMatchObject({ next: '3.0.0', blocked: null });
  });
});

describe('marking a release as required', () => {
  const channel = channelOf(entry('1.0.0', 1), entry('2.0.0', 2), entry('3.0.0', 3));
  const deployed = { deployed: runs('1.0.0') };
  const managed: Client = { ...newClient({ method: 'managed' }), downloaded: ['2.0.0', '3.0.0'], ...deployed };

  test.each([
    ['managed, which reads it live', managed, 'gated_now'],
    ['helm, which gates nothing', { ...newClient({ method: 'helm' }), ...deployed }, 'not_gated'],
    ['kots 1.128 that has it', checked(channel, kots('1.128.0', deployed)), 'gated_at_next_check'],
    ['kots 1.125 that has it', checked(channel, kots('1.125.0', deployed)), 'not_gated'],
    ['kots 1.125 that has yet to fetch it', kots('1.125.0', deployed), 'gated_at_next_check'],
    ['one that runs it', checked(channel, kots('1.128.0', { deployed: runs('2.0.0') })), 'not_gated'],
    ['one that runs what is newer', checked(channel, kots('1.128.0', { deployed: runs('3.0.0') })), 'not_gated'],
  ] as const)('%s', (_who, client, effect) => {
    expect(requiredImpact(channel, client, '2.0.0', true).effect).toBe(effect);
  });

  test('names what it stops, and unmarking what it frees', () => {
    const marked = channelOf(entry('1.0.0', 1), entry('2.0.0', 2, { required: true }), entry('3.0.0', 3));
    expect(requiredImpact(channel, managed, '2.0.0', true)).toEqual({ effect: 'gated_now', stops: ['3.0.0'] });
    expect(requiredImpact(marked, managed, '2.0.0', false)).toEqual({ effect: 'freed_now', stops: ['3.0.0'] });
    expect(requiredImpact(marked, managed, '2.0.0', true)).toEqual({ effect: 'stays_gated', stops: ['3.0.0'] });
    const told = checked(marked, kots('1.127.0', deployed));
    expect(requiredImpact(marked, told, '2.0.0', false).effect).toBe('freed_at_next_check');
    const never = checked(marked, kots('1.125.0', deployed));
    expect(requiredImpact(marked, never, '2.0.0', false)).toEqual({ effect: 'stays_gated', stops: ['3.0.0'] });
  });
});

describe('adoption', () => {
  test('counts what is served and newer', () => {
    const channel = channelOf(entry('1.0.0', 1), entry('2.0.0', 2, { demoted: true }), entry('3.0.0', 3));
    expect(versionsBehind(channel, '1.0.0')).toBe(1);
    expect(versionsBehind(channel, '2.0.0')).toBe(1);
    expect(versionsBehind(channel, '3.0.0')).toBe(0);
    expect(versionsBehind(channel, '0.1.0')).toBe(2);
    expect(versionsBehind({ ...channel, versioning: 'sequence' }, 'unknown')).toBeNull();
  });

  test('takes who is silent for a day for inactive, to the millisecond', () => {
    const seen = 1_800_000_000_000;
    expect(presence(seen + INACTIVE_AFTER_MS - 1, seen)).toBe('active');
    expect(presence(seen + INACTIVE_AFTER_MS, seen)).toBe('inactive');
    expect(presence(seen, null)).toBe('never_seen');
  });
});

describe('the schedule of checks', () => {
  test('comes up to a tenth of the interval late, the same for the same client and instant', () => {
    const now = 1_800_000_000_000;
    const times = Array.from({ length: 1_000 }, (_, id) => nextCheckAt(now, DEFAULT_CHECK_EVERY_MS, id)! - now);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(DEFAULT_CHECK_EVERY_MS);
    expect(Math.max(...times)).toBeLessThanOrEqual(DEFAULT_CHECK_EVERY_MS * 1.1);
    const minutes = new Set(times.map((ms) => Math.floor(ms / 60_000)));
    expect(minutes.size).toBeGreaterThan(20);
    expect(nextCheckAt(now, DEFAULT_CHECK_EVERY_MS, 7)).toBe(nextCheckAt(now, DEFAULT_CHECK_EVERY_MS, 7));
    expect(nextCheckAt(now, null, 7)).toBeNull();
    const short = Array.from({ length: 100 }, (_, id) => nextCheckAt(now, 15, id)! - now);
    expect([Math.min(...short), Math.max(...short)]).toEqual([15, 16]);
  });

  test('is for those that keep a list', () => {
    const kept = (['helm', 'managed', 'embedded-cluster', 'kots', 'kurl'] as const).filter((method) =>
      keepsCache(installerNamed(method, '1.128.0')),
    );
    expect(kept).toEqual(['embedded-cluster', 'kots', 'kurl']);
    expect(installerNamed('kots', null)).toEqual({ method: 'kots', kotsVersion: '0.0.0' });
  });
});

test('labels are one line, in one order', () => {
  expect(labelText({})).toBeUndefined();
  expect(labelText({ ring: '2', hotfix: 'true', alone: '' })).toBe('alone, hotfix=true, ring=2');
});
