import { describe, expect, test } from 'vitest';
import { blockingHolds } from '../../server/domain/holds.ts';
import { knownGood, type HostRelease } from '../../server/domain/known-good.ts';
import {
  STUCK,
  barsAfterRollback,
  planRollback,
  type RollbackHost,
  type RollbackRequest,
} from '../../server/domain/rollback.ts';
import { newClient } from '../../server/domain/client.ts';
import { visibleReleases } from '../../server/domain/visibility.ts';
import { channelOf } from './channel-fixture.ts';

const good = (version: string, change: Partial<HostRelease> = {}): HostRelease => ({
  version,
  sequence: null,
  succeeded: true,
  healthy: true,
  recalled: false,
  packageKept: true,
  ...change,
});

describe('the known-good release of a host', () => {
  const version = (...history: HostRelease[]) => knownGood('semver', history, '1.3.0')?.version ?? null;

  test('is the newest that was good there, not the one it is rolled back from', () => {
    expect(version(good('1.0.0'), good('1.2.0'), good('1.1.0'), good('1.3.0'))).toBe('1.2.0');
  });

  test.each<[string, Partial<HostRelease>]>([
    ['its install never succeeded', { succeeded: false }],
    ['it was not healthy at the last', { healthy: false }],
    ['it is recalled', { recalled: true }],
    ['its package is gone from server and host', { packageKept: false }],
  ])('is not a release of which %s', (_why, change) => {
    expect(version(good('1.0.0'), good('1.2.0', change))).toBe('1.0.0');
    expect(version(good('1.2.0', change))).toBeNull();
  });

  test('is none where there is no other', () => {
    expect(version()).toBeNull();
    expect(version(good('1.3.0'))).toBeNull();
  });

  test('by sequence is the latest on the channel', () => {
    const history = [good('a', { sequence: 3 }), good('b', { sequence: 1 }), good('c', { sequence: 2 })];
    expect(knownGood('sequence', history, 'a')?.version).toBe('c');
  });
});

describe('a rollback', () => {
  const channel = channelOf('1.0.0', '1.1.0', '1.2.0');
  const host = (name: string, change: Partial<RollbackHost> = {}): RollbackHost => ({
    name,
    reports: '1.2.0',
    failed: true,
    consistent: true,
    healthy: false,
    history: [good('1.0.0'), good('1.1.0'), good('1.2.0')],
    ...change,
  });
  const plan = (hosts: readonly RollbackHost[], change: Partial<RollbackRequest> = {}) => {
    const lane = change.channel ?? channel;
    const visible = visibleReleases(lane, {
      ...newClient({ method: 'managed' }),
      downloaded: ['1.0.0', '1.1.0', '1.2.0'],
    });
    const planned = planRollback({
      channel: lane,
      visible,
      from: '1.2.0',
      hosts,
      includeHealthy: false,
      ofRollback: false,
      brokenGlass: false,
      ...change,
    });
    if (!('hosts' in planned)) throw new Error(planned.refusal.code);
    return planned;
  };
  const healthy = { failed: false, healthy: true };

  test('goes to the known-good release of each host', () => {
    const hosts = [host('h1'), host('h2', { history: [good('1.0.0')] })];
    expect(plan(hosts)).toEqual({
      hosts: [
        { host: 'h1', action: 'install', version: '1.1.0', warnings: [] },
        { host: 'h2', action: 'install', version: '1.0.0', warnings: [] },
      ],
      consequences: [],
    });
  });

  test.each<[string, Partial<RollbackHost>]>([
    ['failed', { failed: true, healthy: true }],
    ['inconsistent', { failed: false, consistent: false, healthy: true }],
    ['unhealthy', { failed: false, healthy: false }],
  ])('covers a host that is %s', (_what, change) => {
    expect(plan([host('h1', change)]).hosts[0]).toMatchObject({ action: 'install' });
  });

  test('leaves a healthy, consistent host alone unless it is asked for', () => {
    expect(plan([host('h1', healthy)]).hosts[0]).toMatchObject({ action: 'refused', reason: { code: 'not_affected' } });
    expect(plan([host('h1', healthy)], { includeHealthy: true }).hosts[0]).toMatchObject({ action: 'install' });
  });

  test('skips a host that the runner restored', () => {
    const restored = { reports: '1.1.0', healthy: true };
    expect(plan([host('h1', restored)]).hosts[0]).toMatchObject({
      action: 'skipped',
      reason: { code: 'already_there' },
    });
    expect(plan([host('h1', { ...restored, healthy: false })]).hosts[0]).toMatchObject({ action: 'install' });
    expect(plan([host('h1', { reports: '1.0.0', healthy: true })]).hosts[0]).toMatchObject({ action: 'install' });
  });

  test('without a known-good release installs nothing there, halts, holds and opens an incident', () => {
    const planned = plan([host('h1', { history: [good('1.2.0')] }), host('h2')]);
    expect(planned.hosts[0]).toMatchObject({ action: 'refused', reason: { code: 'no_known_good' } });
    expect(planned.hosts[1]).toMatchObject({ action: 'install' });
    expect(planned.consequences).toEqual(STUCK);
    expect(STUCK).toEqual(['halt_job', 'hold_product', 'open_incident']);
  });

  test('does not ask a healthy host for a known-good release', () => {
    expect(plan([host('h1', { ...healthy, history: [] })]).consequences).toEqual([]);
  });

  test('to a demoted release is done, and warns', () => {
    const demoted = channelOf('1.0.0', { version: '1.1.0', demoted: true }, '1.2.0');
    expect(plan([host('h1')], { channel: demoted }).hosts[0]).toMatchObject({
      action: 'install',
      version: '1.1.0',
      warnings: [{ code: 'demoted_rollback' }],
    });
  });

  test('across a required release is refused, and break-glass passes it', () => {
    const required = channelOf('1.0.0', '1.1.0', { version: '1.2.0', required: true });
    const refusal = plan([host('h1')], { channel: required }).hosts[0];
    expect(refusal).toMatchObject({ action: 'refused', reason: { code: 'rollback_blocked', required: ['1.2.0'] } });
    expect(plan([host('h1')], { channel: required, brokenGlass: true }).hosts[0]).toMatchObject({ action: 'install' });
    expect(plan([host('h1', { reports: null })], { channel: required }).hosts[0]).toMatchObject({ action: 'refused' });
    const neverArrived = host('h1', { reports: '1.1.0', history: [good('1.0.0')] });
    expect(plan([neverArrived], { channel: required }).hosts[0]).toMatchObject({ action: 'install', version: '1.0.0' });
    const target = channelOf('1.0.0', { version: '1.1.0', required: true }, '1.2.0');
    expect(plan([host('h1')], { channel: target }).hosts[0]).toMatchObject({ action: 'install', version: '1.1.0' });
  });

  test('is not rolled back itself, and needs hosts', () => {
    expect(() => plan([host('h1')], { ofRollback: true })).toThrow('rollback_of_rollback');
    expect(() => plan([])).toThrow('no_hosts');
  });

  test('leaves a bar on each of its hosts', () => {
    const [bar, ...more] = barsAfterRollback('web', { version: '1.2.0', sequence: 3 }, ['h1', 'h2'], { owner: 'Ana' });
    expect(more).toHaveLength(1);
    expect(bar).toMatchObject({
      scope: { product: 'web', host: 'h1' },
      owner: 'Ana',
      strict: false,
      bar: { liftOnNewer: false },
    });
    const again = {
      kind: 'install',
      startedBy: 'person',
      versioning: 'semver',
      product: 'web',
      channels: [],
      host: 'h1',
      release: { version: '1.2.0', sequence: 3 },
    } as const;
    expect(blockingHolds([{ ...bar!, id: '1' }], again, 0)).toHaveLength(1);
  });
});
