import { describe, expect, test } from 'vitest';
import { hasLife, hostRows, rowsOf, versionsText } from '../../dashboard/console/hosts/host-rows.ts';
import { byName } from '../../dashboard/console/hosts/host-order.ts';
import { installCandidates } from '../../dashboard/console/install/candidates.ts';
import { DEFAULT_PLAN } from '../../dashboard/console/install/plan-form.ts';
import { previewSummary } from '../../dashboard/console/install/preview-summary.ts';
import { paintOf } from '../../dashboard/console/log/span-paint.ts';
import { applySgr, PLAIN } from '../../dashboard/console/log/sgr.ts';
import { setParam, textParam } from '../../dashboard/console/parts/address.ts';
import { feedBadge, feedBanner } from '../../dashboard/console/shell/feed-words.ts';
import { secretIn } from '../../dashboard/console/sign-in/link-secret.ts';
import { judgeFreshness, noSigns } from '../../dashboard/live/freshness.ts';
import { consoleStory } from '../support/console-story.ts';

const now = Date.UTC(2026, 10, 25, 14);
const { story } = consoleStory(60, now);
const { board } = story;

describe('hosts in the Install Update dialog', () => {
  const candidates = installCandidates(board, { productId: 1 });

  test('management servers and hosts are two lists, by name with digits by value', () => {
    expect(candidates.management.map(({ name }) => name)).toEqual(['mgmt-eu', 'mgmt-us']);
    expect(candidates.targets).toHaveLength(58);
    expect(byName(['web-10', 'web-2', 'Web-1'], (name) => name)).toEqual(['Web-1', 'web-2', 'web-10']);
  });

  test('a host that takes no install says why instead of vanishing', () => {
    const stopped = candidates.targets.filter(({ stop }) => stop !== null);
    expect(stopped.map(({ name, stop }) => [name, stop])).toEqual([
      ['db-12', 'db-12 is in maintenance. Leave it out, or end its maintenance.'],
    ]);
  });

  test('hosts of environments that do not follow the product are counted, not listed', () => {
    const other = installCandidates(board, { productId: 2 });
    expect([other.targets.length, other.elsewhere]).toEqual([0, 60]);
  });
});

describe('the preview in words', () => {
  const host = (hostId: number, outcome: 'install' | 'skip' | 'refuse', fromVersion: string | null, code = '') => ({
    hostId,
    name: `h${hostId}`,
    role: 'target' as const,
    wave: 1,
    fromVersion,
    outcome,
    reason: code ? { code, sentence: `Refused by ${code}.` } : null,
    heldBy: null,
    windowClosed: null,
  });

  test('changes by version, the largest first; skipped and refused apart, refusals by their code', () => {
    const hosts = [
      host(1, 'install', '4.1.9'),
      host(2, 'install', '4.2.0'),
      host(3, 'install', '4.2.0'),
      host(4, 'install', null),
      host(5, 'skip', '4.2.1'),
      host(6, 'refuse', '4.3.0', 'rollback_blocked'),
      host(7, 'refuse', '4.3.0', 'rollback_blocked'),
      host(8, 'refuse', null, 'demoted'),
    ];
    const release = Object.values(board.releases)[0];
    if (!release) throw new Error('the story has no release');
    const plan = { ...DEFAULT_PLAN, waves: [{ count: 2, manual: true }] };
    const summary = previewSummary({
      release,
      hosts,
      approval: null,
      waves: [8],
      plan,
      refusal: null,
      passable: false,
      path: null,
      notes: [],
      selected: null,
    });
    expect(summary.changes[0]).toEqual({ from: '4.2.0', count: 2 });
    expect(summary.waves).toEqual([{ number: 1, hosts: 8, manual: true }]);
    expect([summary.installs, summary.skipped, summary.refusedIds]).toEqual([4, 1, [6, 7, 8]]);
    expect(summary.refusals.map(({ sentence, hosts }) => [sentence, hosts.length])).toEqual([
      ['Refused by rollback_blocked.', 2],
      ['Refused by demoted.', 1],
    ]);
  });
});

describe('rows of the Hosts page', () => {
  const rows = hostRows(board, now);

  test('cards count by liveness and life', () => {
    const names = (life: 'unreachable' | 'maintenance') =>
      rows.filter((row) => hasLife(row, life)).map(({ name }) => name);
    expect(names('unreachable')).toEqual(['db-07']);
    expect(names('maintenance')).toEqual(['db-12']);
  });

  test('rows stand in the order of the server, without those that are gone', () => {
    const [first, second] = rows;
    expect(rowsOf(rows, [{ id: second!.id }, { id: 99_999 }, { id: first!.id }])).toEqual([second, first]);
  });

  test('the current job is shown only while it is in flight', () => {
    const busy = rows.filter(({ task }) => task !== null);
    expect(new Set(busy.map(({ task }) => task?.jobId))).toEqual(new Set([41, 42]));
  });

  test('a host that runs several products says which', () => {
    const [row] = rows;
    if (!row) throw new Error('the story has no host');
    const second = { productId: 2, releaseId: 8, version: '1.8.3', at: now };
    expect(versionsText(board, { ...row.host, reported: [...row.host.reported, second] })).toBe(
      'karios 4.2.0, edge-agent 1.8.3',
    );
  });
});

describe('filters in the address', () => {
  test('text that looks like a number stays the text it is', () => {
    const search = new URLSearchParams();
    const params = {
      toURLSearchParams: () => search,
      set: (name: string, value: string | number | boolean) => search.set(name, String(value)),
      delete: (name: string) => search.delete(name),
    };
    setParam(params, 'q', '4.20');
    expect(textParam(params, 'q')).toBe('4.20');
    setParam(params, 'q', '');
    expect([search.toString(), textParam(params, 'q')]).toEqual(['', '']);
  });
});

describe('one-time links', () => {
  test('the secret stands behind the hash, with or without its name', () => {
    expect(secretIn('/sign-in', '#abc')).toEqual({ purpose: 'sign-in', secret: 'abc' });
    expect(secretIn('/set-up', '#token=abc')).toEqual({ purpose: 'set-up', secret: 'abc' });
  });

  test('sign-in without a secret is the page with e-mail and password; set-up says what is missing', () => {
    expect(secretIn('/sign-in', '')).toBeNull();
    expect(secretIn('/set-up', '')).toEqual({ purpose: 'set-up', secret: '' });
    expect(secretIn('/releases', '#abc')).toBeNull();
  });
});

describe('what the console says of its feed', () => {
  const signs = {
    ...noSigns(0),
    truthAt: 0,
    truthServerTime: now,
    linked: true,
    ages: { clock: 0, queue: 0, feed: 0 },
    agesAt: 0,
  };

  test('live needs no banner', () => {
    expect(feedBadge(judgeFreshness(signs, 1_000))).toEqual({ word: 'LIVE', mark: 'ok' });
    expect(feedBanner(judgeFreshness(signs, 1_000))).toBeNull();
  });

  test('late says how late in the badge', () => {
    expect(feedBadge(judgeFreshness(signs, 14_200)).word).toBe('LATE 14 s');
  });

  test('a lost feed is said loudly, with the time of the last truth and what still works', () => {
    const lost = judgeFreshness(signs, 25_000);
    expect(feedBadge(lost).mark).toBe('unknown');
    expect(feedBanner(lost)).toContain('FEED LOST');
    expect(feedBanner(lost)).toContain('14:00:00');
    expect(feedBanner(lost)).toContain('Actions still reach the server');
  });
});

describe('colours of the log on its ground', () => {
  test('text that the ground would swallow is lifted until it can be read', () => {
    expect(paintOf(applySgr(PLAIN, '38;2;0;0;0')).color).toBe('rgb(118 118 118)');
    expect(paintOf(applySgr(PLAIN, '38;2;250;250;250')).color).toBe('#fafafa');
  });

  test('inverse swaps the two', () => {
    expect(paintOf(applySgr(PLAIN, '7;31'))).toEqual({ color: 'var(--log-ground)', background: 'var(--ansi-1)' });
  });

  test('plain text carries no paint', () => {
    expect(paintOf(PLAIN)).toEqual({ color: undefined, background: undefined });
  });
});
