import { describe, expect, test } from 'vitest';
import { FleetOrder, markOrder, nameInGroup, sharedDomain, shortName } from '../../dashboard/live/fleet-picture.ts';
import { estimatedEnd } from '../../dashboard/live/eta.ts';
import { jobCardsOf, releaseCardsOf } from '../../dashboard/live/select.ts';
import { fleet, lose, startInstall, storyOf, succeed } from '../support/board-fixture.ts';

const now = 1_800_000_000_000;
const picture = (story: ReturnType<typeof fleet>) => new FleetOrder().picture(story.board);

describe('the picture of the fleet', () => {
  test('hosts stand by environment, then by name with figures in their order', () => {
    const story = fleet(300, now);
    story.host(7, { name: 'web-9' }, 'host.declared');
    const { hosts, groups } = picture(story);
    expect(groups.map(({ name, size }) => `${name} ${size}`).slice(0, 2)).toEqual(['production 150', 'staging 38']);
    const names = hosts.slice(0, 150).map(({ name }) => name);
    expect(names.indexOf('web-9')).toBeLessThan(names.indexOf('web-10'));
  });

  test('every host has exactly one mark, and the marks add up', () => {
    const { hosts, marks, byMark } = picture(storyOf('rollout', 300, now));
    expect(marks).toHaveLength(hosts.length);
    expect(byMark).toMatchObject({ ok: 120, running: 75, waiting: 105, failed: 0, unknown: 0 });
  });

  test('unknown is counted apart from failed', () => {
    const story = storyOf('unknown', 12, now);
    lose(story, 12, 'No route to the host.');
    expect(picture(story)).toMatchObject({
      byMark: { unknown: 3, failed: 1, ok: 8 },
      byLiveness: { unknown: 3, unreachable: 1, live: 8 },
    });
  });

  test('failing and unreachable hosts are all named with their reason, the newest first', () => {
    const story = storyOf('failure', 12, now);
    story.now += 1000;
    lose(story, 12, 'No route to the host.');
    const { failing } = picture(story);
    expect(failing.map(({ name, code }) => `${name} ${code}`)).toEqual([
      'db-03 unreachable',
      'api-02 failed',
      'web-01 failed',
    ]);
    expect(failing[2]).toMatchObject({ jobId: 42, environment: 'production' });
    expect(failing[2]?.reason).toMatch(/^post-install exited with code 3/);
  });

  test('a host in maintenance is held, not failing; a removed or retired one is not there', () => {
    const story = fleet(12, now);
    lose(story, 1, 'No route to the host.');
    story.host(1, { life: 'maintenance' }, 'host.declared');
    story.host(2, { life: 'retired' }, 'host.declared');
    story.host(3, { removed: true }, 'host.removed');
    const { hosts, byMark, failing } = picture(story);
    expect([hosts.length, byMark.held, failing.length]).toEqual([10, 1, 0]);
  });

  test('a host that ran into trouble is clear again when a later task on it succeeds', () => {
    const story = storyOf('failure', 12, now);
    succeed(story, 5);
    expect(picture(story).failing.map(({ id }) => id)).toEqual([6]);
  });

  test('the order is kept from picture to picture, and follows a fleet that changes', () => {
    const story = fleet(12, now);
    const order = new FleetOrder();
    const { groups } = order.picture(story.board);
    lose(story, 2, 'No route to the host.');
    const second = order.picture(story.board);
    expect(second.groups).toBe(groups);
    expect(markOrder[second.marks[second.hosts.findIndex(({ id }) => id === 2)] ?? -1]).toBe('failed');
    story.host(2, { removed: true }, 'host.removed');
    expect(order.picture(story.board).hosts).toHaveLength(11);
  });
});

describe('names', () => {
  test.each([
    [['web-1.fra.example.net', 'web-2.fra.example.net'], '.fra.example.net'],
    [['web-1.fra.example.net', 'web-1.nyc.example.net'], '.example.net'],
    [['web-1.example.net', 'web-2.example.com'], ''],
    [['web-1', 'web-2'], ''],
    [['web-1.example.net'], ''],
    [[], ''],
  ])('%j share %j', (names, domain) => {
    expect(sharedDomain(names)).toBe(domain);
    for (const name of names) expect(shortName(name, { domain }) + domain).toBe(name);
  });
});

describe('cards', () => {
  test('job cards count every job ever, from the totals', () => {
    expect(jobCardsOf(storyOf('rollout', 12, now).board)).toEqual({
      total: 42,
      inProgress: 1,
      succeeded: 38,
      failed: 3,
    });
  });

  test('each release counts in one card; what hosts report is installed', () => {
    const story = storyOf('rollout', 12, now);
    expect(releaseCardsOf(story.board, picture(story).reports)).toEqual({
      total: 4,
      available: 1,
      downloaded: 1,
      installed: 2,
    });
  });
});

describe('the estimated end', () => {
  const story = fleet(12, now);
  startInstall(story);
  const tasks = () => Object.values(story.board.tasks);
  const job = () => ({ ...(story.board.jobs[42] as NonNullable<(typeof story.board.jobs)[42]>) });

  test('cannot be told before a host has succeeded', () => {
    expect(estimatedEnd(job(), tasks(), now)).toBeNull();
  });

  test('counts rounds of parallel tasks, and the bakes of the waves to come', () => {
    succeed(story, 1);
    // 11 hosts, 10 at once: but two waves to come need a round each, of 45 s, and a bake of 60 s.
    expect(estimatedEnd(job(), tasks(), now)).toBe(now + 2 * 45_000 + 2 * 60_000);
    expect(estimatedEnd({ ...job(), wave: 3 }, tasks(), now)).toBe(now + 2 * 45_000);
  });

  test('cannot be told while a manual wave is to come, while paused, or once a host went bad', () => {
    const { plan } = job();
    const manual = { ...plan, waves: [...plan.waves.slice(0, 2), { ppm: 1_000_000, manual: true }] };
    expect(estimatedEnd({ ...job(), plan: manual }, tasks(), now)).toBeNull();
    expect(estimatedEnd({ ...job(), status: 'paused' }, tasks(), now)).toBeNull();
    expect(estimatedEnd({ ...job(), counts: { ...job().counts, failed: 1 } }, tasks(), now)).toBeNull();
  });
});

describe('groups', () => {
  test('are the environments, or the values of a label that hosts have or else their environments', () => {
    const { board } = storyOf('idle', 12, 1_800_000_000_000);
    const names = (label: string | null) =>
      new FleetOrder(label).picture(board).groups.map(({ name, size }) => [name, size]);
    expect(names(null)).toEqual([
      ['production', 6],
      ['staging', 3],
      ['lab', 3],
    ]);
    board.environments[1]!.labels = { site: 'berlin' };
    board.hosts[7]!.labels = { site: 'aachen' };
    expect(names('site')).toEqual([
      ['aachen', 1],
      ['berlin', 6],
      ['no site', 5],
    ]);
  });
});

describe('a name below that of its group', () => {
  const fleet = { domain: '.example.net' };

  test.each([
    ['fra-prod-web-01.example.net', 'fra-prod', 'web-01'],
    ['fra_1.example.net', 'fra', '1'],
    ['frankfurt-1.example.net', 'fra', 'frankfurt-1'],
    ['fra.example.net', 'fra', 'fra'],
    ['web-01.example.net', 'fra', 'web-01'],
  ])('%s in %s is %s', (name, group, short) => {
    expect(nameInGroup(name, group, fleet)).toBe(short);
  });
});
