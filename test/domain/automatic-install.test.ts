import { describe, expect, test } from 'vitest';
import { chooseAutomaticInstall, type AutomaticFacts } from '../../server/domain/automatic-install.ts';
import { newClient, type Client } from '../../server/domain/client.ts';
import { channelOf, orderedChannel } from './channel-fixture.ts';
import { holdOf } from './hold-fixture.ts';

const now = Date.UTC(2026, 10, 17, 12);
const managed = (runs: string | null, change: Partial<Client> = {}): Client => ({
  ...newClient({ method: 'managed' }),
  downloaded: ['1.0.0', '1.1.0', '1.2.0', '1.3.0'],
  deployed: runs === null ? null : { version: runs, sequence: 1, failed: false, required: false },
  ...change,
});
const facts = (change: Partial<AutomaticFacts> = {}): AutomaticFacts => ({
  updatePolicy: 'auto',
  product: 'web',
  channelName: 'stable',
  channel: channelOf('1.0.0', '1.1.0', '1.2.0'),
  environment: 'prod',
  host: { name: 'h1', life: 'active' },
  client: managed('1.0.0'),
  holds: [],
  window: { open: true, nextOpen: null },
  pin: null,
  attempts: [],
  backOffMs: null,
  approvalMissing: false,
  busyWith: null,
  ...change,
});
const choice = (change: Partial<AutomaticFacts> = {}) => {
  const { target, reasons } = chooseAutomaticInstall(facts(change), now);
  return [target, ...reasons.map(({ code }) => code)];
};

describe('automation installs', () => {
  test('the newest active release of the channel', () => {
    expect(choice()).toEqual(['1.2.0']);
    expect(choice({ client: managed(null) })).toEqual(['1.2.0']);
  });

  test('not a demoted or recalled one', () => {
    const channel = channelOf(
      '1.0.0',
      '1.1.0',
      { version: '1.2.0', demoted: true },
      { version: '1.3.0', recalled: true },
    );
    expect(choice({ channel })).toEqual(['1.1.0']);
  });

  test('the oldest required one on the way first', () => {
    const channel = channelOf(
      '1.0.0',
      { version: '1.1.0', required: true },
      { version: '1.2.0', required: true },
      '1.3.0',
    );
    expect(choice({ channel })).toEqual(['1.1.0']);
    expect(choice({ channel, client: managed('1.1.0') })).toEqual(['1.2.0']);
    expect(choice({ channel, client: managed('1.2.0') })).toEqual(['1.3.0']);
  });

  test('by sequence, the last promoted', () => {
    const channel = orderedChannel('sequence', ['b', 'a']);
    expect(choice({ channel, client: managed('b', { downloaded: ['a'] }) })).toEqual(['a']);
  });
});

describe('automation does not move a host', () => {
  test.each<[string, Partial<AutomaticFacts>, string]>([
    ['of an environment that is updated by hand', { updatePolicy: 'manual' }, 'policy_manual'],
    ['where the channel has no active release', { channel: channelOf() }, 'no_active_release'],
    ['that runs the newest', { client: managed('1.2.0') }, 'up_to_date'],
    ['to an older release', { client: managed('1.3.0') }, 'never_older'],
    [
      'whose release cannot be placed',
      {
        channel: orderedChannel('sequence', ['a']),
        client: managed('x', { deployed: { version: 'x', sequence: null, failed: false, required: false } }),
      },
      'never_older',
    ],
  ])('%s: it has no target', (_which, change, code) => {
    expect(choice(change)).toEqual([null, code]);
  });

  test.each<[string, Partial<AutomaticFacts>, string]>([
    ['in maintenance', { host: { name: 'h1', life: 'maintenance' } }, 'host_not_active'],
    ['that is retired', { host: { name: 'h1', life: 'retired' } }, 'host_not_active'],
    ['that it tried before', { attempts: [{ version: '1.2.0', at: now - 1, by: 'automation' }] }, 'already_tried'],
    ['without the package', { client: managed('1.0.0', { downloaded: [] }) }, 'not_downloaded'],
    ['under a hold', { holds: [holdOf({ scope: { environment: 'prod' } })] }, 'held'],
    [
      'under the bar of a rollback',
      {
        holds: [
          holdOf({
            scope: { host: 'h1', product: 'web' },
            bar: { release: { version: '1.1.0', sequence: 2 }, liftOnNewer: false },
          }),
        ],
      },
      'held',
    ],
    ['outside the window', { window: { open: false, nextOpen: now + 60_000 } }, 'window_closed'],
    ['that a canary stage pins', { pin: { release: '1.0.0', stage: 'canary' } }, 'pinned_by_canary'],
    ['before it is approved', { approvalMissing: true }, 'approval_pending'],
    ['that a job has', { busyWith: '17' }, 'blocked_by_job'],
    [
      'whose required release failed',
      {
        channel: channelOf({ version: '1.0.0', required: true }, '1.2.0'),
        client: managed('1.0.0', { deployed: { version: '1.0.0', sequence: 1, failed: true, required: true } }),
      },
      'required_failed',
    ],
    [
      'past a demoted required release that is still listed',
      { channel: channelOf('1.0.0', { version: '1.1.0', required: true, demoted: true }, '1.2.0') },
      'required_first',
    ],
  ])('%s, and says so', (_which, change, code) => {
    expect(choice(change)).toEqual(['1.2.0', code]);
  });

  test('and gives every reason, not the first', () => {
    const everything = facts({
      host: { name: 'h1', life: 'maintenance' },
      attempts: [{ version: '1.2.0', at: now, by: 'automation' }],
      client: managed('1.0.0', { downloaded: [] }),
      holds: [holdOf()],
      window: { open: false, nextOpen: null },
      pin: { release: '1.0.0', stage: 'canary' },
      approvalMissing: true,
      busyWith: '17',
    });
    expect(chooseAutomaticInstall(everything, now).reasons.map(({ code }) => code)).toEqual([
      'host_not_active',
      'already_tried',
      'not_downloaded',
      'held',
      'window_closed',
      'pinned_by_canary',
      'approval_pending',
      'blocked_by_job',
    ]);
  });

  test('and says when the clock alone ends it', () => {
    const until = (change: Partial<AutomaticFacts>) => chooseAutomaticInstall(facts(change), now).reasons[0]?.until;
    expect(until({ window: { open: false, nextOpen: now + 1 } })).toBe(now + 1);
    expect(until({ window: { open: false, nextOpen: null } })).toBeUndefined();
    expect(until({ holds: [holdOf({ until: now + 2 })] })).toBe(now + 2);
    const attempts = [{ version: '1.2.0', at: now - 10, by: 'automation' } as const];
    expect(until({ attempts, backOffMs: 60 })).toBe(now + 50);
    expect(until({ attempts })).toBeUndefined();
  });
});

test('a closed window says when the next one opens, or that none will', () => {
  const sentence = (nextOpen: number | null) =>
    chooseAutomaticInstall(facts({ window: { open: false, nextOpen } }), now).reasons[0]?.sentence;
  expect(sentence(now)).toBe('No maintenance window of prod is open. The next one opens at 2026-11-17 12:00 UTC.');
  expect(sentence(null)).toBe('No maintenance window of prod is open. None will open.');
});

describe('automation tries a release once', () => {
  const tried = { version: '1.2.0', at: now - 1_000, by: 'automation' } as const;

  test('until a person retries it there', () => {
    expect(choice({ attempts: [tried, { version: '1.2.0', at: now - 500, by: 'person' }] })).toEqual(['1.2.0']);
    expect(choice({ attempts: [{ version: '1.2.0', at: now - 2_000, by: 'person' }, tried] })).toEqual([
      '1.2.0',
      'already_tried',
    ]);
  });

  test('or the back-off is over, that instant included', () => {
    expect(choice({ attempts: [tried], backOffMs: 1_001 })).toEqual(['1.2.0', 'already_tried']);
    expect(choice({ attempts: [tried], backOffMs: 1_000 })).toEqual(['1.2.0']);
  });

  test('and another release is another try', () => {
    expect(choice({ attempts: [{ ...tried, version: '1.1.0' }] })).toEqual(['1.2.0']);
  });
});
