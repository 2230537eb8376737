import { describe, expect, test } from 'vitest';
import { startBy } from '../../server/domain/approved-plan.ts';
import type { Channel } from '../../server/domain/channel.ts';
import type { InstallHost } from '../../server/domain/install-request.ts';
import { notesBetween, notesOnTheWay } from '../../server/domain/notes-between.ts';
import { afterLegs, requiredPath } from '../../server/domain/required-path.ts';
import { pathRefusal } from '../../server/domain/start-refusal.ts';

const entry = (version: string, sequence: number, more: { demoted?: boolean; required?: boolean } = {}) => ({
  version,
  sequence,
  demoted: false,
  required: false,
  notes: `about ${version}`,
  ...more,
});
const stable: Channel = {
  versioning: 'semver',
  entries: [
    entry('1.0.0', 1),
    entry('2.0.0', 2, { required: true }),
    entry('2.5.0', 3),
    entry('3.0.0', 4, { required: true }),
    entry('4.0.0', 5),
  ],
};
const all = stable.entries.map(({ version }) => version);
const host = (id: number, deployedVersion: string | null, channel: Channel | null = stable): InstallHost => ({
  id,
  name: `line-${id}`,
  role: 'target',
  environment: 'plant',
  life: 'active',
  installerMethod: 'managed',
  channel,
  deployedVersion,
  alreadyThere: false,
});
const path = (hosts: InstallHost[], version = '4.0.0', downloaded = all) =>
  requiredPath({ version, downloaded, hosts });

describe('the way over required releases', () => {
  test('leads over each of them, the oldest first, and every host over those on its own way', () => {
    const hosts = [host(1, '1.0.0'), host(2, '2.5.0'), host(3, '3.0.0'), host(4, null)];
    expect(path(hosts)).toEqual({
      legs: [
        { version: '2.0.0', hostIds: [1] },
        { version: '3.0.0', hostIds: [1, 2] },
        { version: '4.0.0', hostIds: [1, 2, 3, 4] },
      ],
      refusal: null,
    });
  });

  test('is none where nothing required lies between', () => {
    expect(path([host(1, '3.0.0'), host(2, null)])).toBeNull();
    expect(path([host(1, '1.0.0')], '2.0.0')).toBeNull();
    expect(path([host(1, '1.0.0', null)])).toBeNull();
  });

  test('is closed, with the reason, where a required release cannot be had', () => {
    const without = all.filter((version) => version !== '3.0.0');
    expect(path([host(1, '1.0.0')], '4.0.0', without)).toMatchObject({
      legs: null,
      refusal: { code: 'not_downloaded', sentence: expect.stringContaining('3.0.0') },
    });
    const demoted = { ...stable, entries: stable.entries.map((one) => ({ ...one, demoted: one.version === '2.0.0' })) };
    expect(path([host(1, '1.0.0', demoted)])).toMatchObject({ legs: null, refusal: { code: 'demoted' } });
  });

  test('orders by the channel that places both, by sequence where the product says so', () => {
    const bySequence: Channel = {
      versioning: 'sequence',
      entries: [entry('z', 1), entry('y', 2, { required: true }), entry('x', 3, { required: true }), entry('w', 4)],
    };
    expect(path([host(1, 'z', bySequence)], 'w', ['y', 'x', 'w'])).toMatchObject({
      legs: [{ version: 'y' }, { version: 'x' }, { version: 'w' }],
    });
  });

  test('is the same whichever host is named first, and its refusal that of the first', () => {
    const both = [host(1, '2.5.0'), host(2, '1.0.0')];
    expect(path(both)?.legs?.map(({ version }) => version)).toEqual(['2.0.0', '3.0.0', '4.0.0']);
    const without = all.filter((version) => version !== '2.0.0');
    const demoted = { ...stable, entries: stable.entries.map((one) => ({ ...one, demoted: one.version === '3.0.0' })) };
    const closed = [host(1, '2.5.0', demoted), host(2, '1.0.0')];
    expect(path(closed, '4.0.0', without)?.refusal?.code).toBe('demoted');
    expect(path(closed.toReversed(), '4.0.0', without)?.refusal?.code).toBe('not_downloaded');
  });

  test('goes on after the job before has succeeded, waits until then, and not at all when it did not', () => {
    const before = { id: 7, version: '2.0.0' };
    expect(pathRefusal({ ...before, status: 'succeeded' })).toBeNull();
    for (const status of ['queued', 'running', 'waiting', 'paused', 'cancelling', 'waiting_approval'] as const) {
      expect(pathRefusal({ ...before, status })).toMatchObject({ code: 'after_job', job: 7 });
    }
    for (const status of ['failed', 'cancelled'] as const) {
      expect(pathRefusal({ ...before, status })).toMatchObject({ code: 'path_broken', job: 7 });
    }
  });

  test('lets an approval lapse only from when its plan could start', () => {
    expect(startBy(1_000, { startWithinMs: 500 })).toBe(1_500);
    expect(startBy(1_000, { startWithinMs: 500, notBefore: 9_000 })).toBe(9_500);
    expect(startBy(1_000, { startWithinMs: 500, notBefore: 10 })).toBe(1_500);
    expect(startBy(1_000, { startWithinMs: 500, notBefore: 9_000, windowEnd: 2_000 })).toBe(2_000);
  });

  test('leaves hosts with what its legs have brought them', () => {
    const legs = [
      { version: '2.0.0', hostIds: [1] },
      { version: '3.0.0', hostIds: [1, 2] },
    ];
    const after = afterLegs([host(1, '1.0.0'), host(2, '2.5.0'), host(3, '3.0.0')], legs);
    expect(after.map(({ deployedVersion }) => deployedVersion)).toEqual(['3.0.0', '3.0.0', '3.0.0']);
    expect(afterLegs([host(2, '2.5.0')], legs.slice(0, 1))[0]?.deployedVersion).toBe('2.5.0');
  });
});

describe('the notes on the way', () => {
  test('are those of every release between, the target included and what runs not, newest first', () => {
    const versions = (from: string | null, to: string) => notesBetween(stable, from, to).map(({ version }) => version);
    expect(versions('2.0.0', '4.0.0')).toEqual(['4.0.0', '3.0.0', '2.5.0']);
    expect(versions('4.0.0', '2.0.0')).toEqual(['2.0.0']);
    expect(versions(null, '3.0.0')).toEqual(['3.0.0']);
    expect(versions('1.0.0', '9.9.9')).toEqual([]);
    const demoted = { ...stable, entries: stable.entries.map((one) => ({ ...one, demoted: one.version === '2.5.0' })) };
    expect(notesBetween(demoted, '2.0.0', '3.0.0')).toEqual([
      { version: '3.0.0', notes: 'about 3.0.0', required: true },
    ]);
  });

  test('of a plan are those of every way its hosts take, the target first, each once', () => {
    const target = { version: '4.0.0', notes: 'the target', required: false, digest: 'not for reading' };
    const short = { ...stable, entries: stable.entries.filter(({ version }) => version !== '2.5.0') };
    const ways = [
      { channel: stable, from: '3.0.0' },
      { channel: short, from: '2.0.0' },
      { channel: stable, from: '2.0.0' },
      { channel: null, from: '1.0.0' },
    ];
    const notes = notesOnTheWay(ways, target);
    expect(notes.map(({ version }) => version)).toEqual(['4.0.0', '3.0.0', '2.5.0']);
    expect(notes[0]).toEqual({ version: '4.0.0', notes: 'about 4.0.0', required: false });
    expect(notesOnTheWay([], target)).toEqual([{ version: '4.0.0', notes: 'the target', required: false }]);
    expect(notesOnTheWay([{ channel: stable, from: '4.0.0' }], { ...target, version: '2.0.0' })).toHaveLength(1);
  });
});
