import { describe, expect, test } from 'vitest';
import type { Channel } from '../../server/domain/channel.ts';
import {
  judgeInstall,
  leaveOutOfService,
  runsArtifact,
  type InstallHost,
} from '../../server/domain/install-request.ts';

const entry = (version: string, sequence: number, more: { demoted?: boolean; required?: boolean } = {}) => ({
  version,
  sequence,
  demoted: false,
  required: false,
  ...more,
});
const stable: Channel = { versioning: 'semver', entries: [entry('1.0.0', 1), entry('2.0.0', 2), entry('3.0.0', 3)] };

const host = (id: number, change: Partial<InstallHost> = {}): InstallHost => ({
  id,
  name: `line-${id}`,
  role: 'target',
  environment: 'plant',
  life: 'active',
  installerMethod: 'managed',
  channel: stable,
  deployedVersion: null,
  alreadyThere: false,
  ...change,
});
const judge = (hosts: InstallHost[], version = '2.0.0', downloaded = ['1.0.0', '2.0.0', '3.0.0']) =>
  judgeInstall({ version, downloaded, hosts });

describe('a host', () => {
  test('that may get the release gets it; one that runs the very artifact is skipped', () => {
    const verdict = judge([host(1), host(2, { deployedVersion: '2.0.0', alreadyThere: true })]);
    expect(verdict).toEqual({
      hosts: [
        { id: 1, outcome: 'install', reason: null },
        { id: 2, outcome: 'skip', reason: null },
      ],
      refusal: null,
    });
  });

  test.each([
    ['retired', { life: 'retired' }, 'line-1 is retired.'],
    ['in_maintenance', { life: 'maintenance' }, 'line-1 is in maintenance. Leave it out, or end its maintenance.'],
    ['not_managed', { installerMethod: 'helm' }, /plant installs by helm/],
    ['not_subscribed', { channel: null }, /plant follows no channel/],
  ] as const)('is refused %s, whatever it runs', (code, change, sentence) => {
    const verdict = judge([host(1, { ...change, alreadyThere: true })]);
    expect(verdict.hosts[0]).toMatchObject({ outcome: 'refuse', reason: { code } });
    expect(verdict.hosts[0]?.reason?.sentence).toMatch(sentence);
    expect(verdict.refusal).toMatchObject({ code });
  });

  test('is judged by what it runs itself: only the one that would skip a required release is refused', () => {
    const channel: Channel = {
      versioning: 'semver',
      entries: [entry('1.0.0', 1), entry('2.0.0', 2, { required: true }), entry('3.0.0', 3)],
    };
    const verdict = judge(
      [
        host(1, { channel, deployedVersion: '1.0.0' }),
        host(2, { channel, deployedVersion: '2.0.0' }),
        host(3, { channel }),
      ],
      '3.0.0',
    );
    expect(verdict.hosts.map(({ outcome, reason }) => [outcome, reason?.code])).toEqual([
      ['refuse', 'required_first'],
      ['install', undefined],
      ['install', undefined],
    ]);
  });

  test('follows its own channel: demoted on one does not stop the other', () => {
    const demoted: Channel = { versioning: 'semver', entries: [entry('2.0.0', 1, { demoted: true })] };
    const verdict = judge([host(1, { channel: demoted }), host(2)]);
    expect(verdict.hosts.map(({ reason }) => reason?.code)).toEqual(['demoted', undefined]);
  });

  test('that runs a version which the channel does not have is judged by its label', () => {
    const verdict = judge([host(1, { deployedVersion: '0.9.0' })], '2.0.0');
    expect(verdict.hosts[0]).toMatchObject({ outcome: 'install' });
  });
});

test('under sequence versioning what a host runs is placed by its sequence on the channel', () => {
  const channel: Channel = {
    versioning: 'sequence',
    entries: [entry('blue', 1), entry('green', 2, { required: true }), entry('red', 3)],
  };
  const verdict = judge(
    [host(1, { channel, deployedVersion: 'blue' }), host(2, { channel, deployedVersion: 'green' })],
    'red',
    ['red'],
  );
  expect(verdict.hosts.map(({ reason }) => reason?.code)).toEqual(['required_first', undefined]);
});

describe('the request', () => {
  test('gives the reason of the first refused host', () => {
    const verdict = judge([host(1, { life: 'retired' }), host(2, { life: 'maintenance' })]);
    expect(verdict.refusal).toMatchObject({ code: 'retired' });
  });

  test('without hosts is refused', () => {
    expect(judge([]).refusal).toMatchObject({ code: 'no_hosts' });
  });

  test('is refused as a whole by one refused host, which it names', () => {
    const verdict = judge([host(1), host(2, { life: 'retired' })]);
    expect(verdict.refusal).toMatchObject({ code: 'retired', hosts: ['line-2'] });
    expect(verdict.refusal?.sentence).toBe('Install of 2.0.0 refused on line-2: line-2 is retired.');
  });

  test('says so when no host would take it', () => {
    const verdict = judge([host(1), host(2)], '2.0.0', []);
    expect(verdict.refusal?.code).toBe('not_downloaded');
    expect(verdict.refusal?.sentence).toMatch(/^Install of 2.0.0 refused on every chosen host: /);
  });

  test('names up to four hosts, and counts more', () => {
    const refused = (count: number) =>
      judge([host(0), ...Array.from({ length: count }, (_, i) => host(i + 1, { life: 'retired' }))]).refusal?.sentence;
    expect(refused(4)).toMatch(/refused on line-1, line-2, line-3 and line-4:/);
    expect(refused(5)).toMatch(/refused on 5 hosts \(line-1, line-2, line-3 …\):/);
  });
});

test.each([
  [{ reported: true, live: true, lastTaskWentBad: false }, true],
  [{ reported: false, live: true, lastTaskWentBad: false }, false],
  [{ reported: true, live: false, lastTaskWentBad: false }, false],
  [{ reported: true, live: true, lastTaskWentBad: true }, false],
])('a host is skipped only when it reports the artifact, answers, and was left whole: %j', (host, skipped) => {
  expect(runsArtifact(host)).toBe(skipped);
});

describe('hosts that are out of service', () => {
  const one = (name: string, life: InstallHost['life']) => ({ name, life });

  test('stay out, each with its reason, and the others are kept in their order', () => {
    const hosts = [one('a', 'active'), one('b', 'maintenance'), one('c', 'retired'), one('d', 'active')];
    expect(leaveOutOfService(hosts)).toEqual({
      kept: [hosts[0], hosts[3]],
      leftOut: [
        { host: 'b', code: 'in_maintenance', sentence: 'b is in maintenance.' },
        { host: 'c', code: 'retired', sentence: 'c is retired.' },
      ],
    });
  });

  test('are not left out where nothing else would remain: the request is refused with the reason', () => {
    const hosts = [one('b', 'maintenance')];
    expect(leaveOutOfService(hosts)).toEqual({ kept: hosts, leftOut: [] });
  });
});
