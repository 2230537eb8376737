import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelById } from '../../../db/queries/catalog.ts';
import { Refusal } from '../../../server/contracts/errors.ts';
import { entryOf, type Channel } from '../../../server/domain/channel.ts';
import { demoted, promoted, undemoted } from '../../../server/domain/channel-change.ts';
import { newClient, type Client } from '../../../server/domain/client.ts';
import { checked, visibleReleases } from '../../../server/domain/visibility.ts';
import { checkNow } from '../../../server/services/client/check.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { promoteRelease } from '../../../server/services/release/promote.ts';
import { undemoteRelease } from '../../../server/services/release/undemote.ts';
import { declareSubscribers } from '../../support/subscribers.ts';
import { openWorld, publish, type World } from '../../support/world.ts';

const HISTORIES = 300;
const VERSIONS = ['1.0.0', '1.1.0', '2.0.0'] as const;
const CHANNEL = 1;
const INSTALLER = { method: 'kots', kotsVersion: '1.128.0' } as const;

type Operation = { verb: 'promote' | 'demote' | 'undemote'; release: number } | { verb: 'check' };
/** What somebody who asked was told: the sequence, what a check brought, or how it was refused. */
type Outcome = unknown;
interface State {
  channel: Channel;
  client: Client;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constantFrom('promote', 'demote', 'undemote'), release: fc.constantFrom(0, 1, 2) }),
  },
  { weight: 1, arbitrary: fc.constant({ verb: 'check' } as const) },
) as fc.Arbitrary<Operation>;

/** `stable` is empty, three releases are on `beta`, and one client of KOTS 1.128 follows, which notices every change. */
async function anew(): Promise<void> {
  const { $client: sql } = world.ctx.db;
  await sql`delete from channel_entry where channel_id = ${CHANNEL}`;
  await sql`update channel set last_sequence = 0 where id = ${CHANNEL}`;
  await sql`update client set cache = '[]'`;
}

/** The operation for real. */
async function perform(did: Operation): Promise<Outcome> {
  const { ctx, operator } = world;
  if (did.verb === 'check') return checkNow.run(ctx, operator, { id: 1 });
  const asked = { id: did.release + 1, channel: 'stable', reason: 'x' };
  if (did.verb === 'promote') {
    return promoteRelease.run(ctx, operator, { ...asked, from: 'beta' }).then(() => 'done', refusalOf);
  }
  const verb = did.verb === 'demote' ? demoteRelease : undemoteRelease;
  return verb.run(ctx, operator, asked).then(() => 'done', refusalOf);
}

function refusalOf(error: unknown): string {
  if (error instanceof Refusal) return error.reason ?? error.code;
  throw error;
}

/** The same by the rules, one after the other. */
function byTheRules(did: Operation, { channel, client }: State): { outcome: Outcome; state: State } {
  if (did.verb === 'check') {
    const after = checked(channel, client);
    const [saw, sees] = [client, after].map((one) => visibleReleases(channel, one).map(({ version }) => version));
    const appeared = sees!.filter((version) => !saw!.includes(version));
    const disappeared = saw!.filter((version) => !sees!.includes(version));
    return { outcome: { appeared, disappeared }, state: { channel, client: after } };
  }
  const version = VERSIONS[did.release]!;
  const entry = entryOf(channel, version);
  const on = (change: Channel) => ({ outcome: 'done', state: { channel: change, client } });
  const refused = (outcome: string) => ({ outcome, state: { channel, client } });
  if (did.verb === 'promote') {
    return entry ? refused('already_promoted') : on(promoted(channel, { version, required: false }));
  }
  if (!entry) return refused('not_found');
  if (did.verb === 'demote') return entry.demoted ? refused('already_demoted') : on(demoted(channel, version));
  return entry.demoted ? on(undemoted(channel, version)) : refused('not_demoted');
}

/** Whether some order of the operations gives everybody what they were told, and ends where the database ended. */
function someOrderExplains(told: readonly { did: Operation; outcome: Outcome }[], from: State, end: unknown): boolean {
  if (told.length === 0) return isDeepStrictEqual(shownOf(from), end);
  return told.some(({ did, outcome }, at) => {
    const next = byTheRules(did, from);
    return isDeepStrictEqual(next.outcome, outcome) && someOrderExplains(told.toSpliced(at, 1), next.state, end);
  });
}

function shownOf({ channel, client }: State) {
  const entries = channel.entries.map(({ version, sequence, demoted: off }) => ({ version, sequence, off }));
  const cache = client.cache.map(({ version, sequence, hidden }) => ({ version, sequence, hidden }));
  const byVersion = (a: { version: string }, b: { version: string }) => (a.version < b.version ? -1 : 1);
  return { entries: entries.sort(byVersion), cache: cache.sort(byVersion) };
}

async function endState() {
  const channel = (await channelById(world.ctx.db, CHANNEL)) ?? { versioning: 'semver', entries: [] };
  const [row] = await world.ctx.db.$client<{ cache: Client['cache'] }[]>`select cache from client`;
  return shownOf({ channel, client: { ...newClient(INSTALLER), cache: row!.cache } });
}

test(`${HISTORIES} histories of up to 8 operations at once on one channel: each is what some order of them would have been, no sequence is given twice`, async () => {
  await declareSubscribers({ world }, { a: 'kots-1.128' });
  await publish(world, VERSIONS);
  for (const at of VERSIONS.keys()) {
    await promoteRelease.run(world.ctx, world.operator, { id: at + 1, channel: 'beta', reason: 'x' });
  }
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 2, maxLength: 8 }), async (operations) => {
      await anew();
      const told = await Promise.all(operations.map(async (did) => ({ did, outcome: await perform(did) })));
      const end = await endState();
      const sequences = end.entries.map(({ sequence }) => sequence);
      expect(new Set(sequences).size).toBe(sequences.length);
      const start: State = { channel: { versioning: 'semver', entries: [] }, client: newClient(INSTALLER) };
      expect(someOrderExplains(told, start, end), JSON.stringify({ told, end })).toBe(true);
    }),
    { numRuns: HISTORIES, seed: 6, endOnFailure: true },
  );
}, 120_000);
