/** What every test of commands begins with: a fleet that is ready to install, and Ana, who types. No wire: `test/bot/every-command.test.ts` has it. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { slackMessage } from '../../../db/schema/index.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { apply } from '../fleet.ts';
import { personOf } from '../people.ts';
import { fleetFile, install, readyFleet } from '../rollout-in-hand.ts';
import { rollouts } from '../rollout.ts';
import { openWorld, type World } from '../world.ts';
import { home, typist, type Typist } from './typing.ts';

export const fleet = {
  hosts: { plant: ['press-1', 'press-2', 'press-3'], lab: ['probe-1'] },
  labels: { plant: { tier: 'gold' } },
};

export interface Commands {
  world: World;
  ana: Actor;
  slack: Typist;
}

/** Registers the hooks of the file; `opened` is called before each test. */
export function useCommands(opened: (commands: Commands) => void): void {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_URL: 'https://signalbox.example' });
  });
  beforeEach(async () => {
    await world.ctx.db.delete(slackMessage);
    await world.clear();
    await readyFleet(world, fleet);
    const ana = await personOf(world, 'Ana', 'operator');
    opened({ world, ana, slack: typist(world, ana) });
  });
  afterAll(() => world.close());
}

/** Ben, who may do only this. */
export const only = async (world: World, ...given: Parameters<typeof personOf>[2][]) =>
  typist(world, await personOf(world, 'Ben', ...given));

/** A job on the press hosts whose first host fails: it halts, and an incident is open. */
export async function failedJob(world: World): Promise<number> {
  const id = await install(world, [1, 2, 3]);
  await rollouts(world).finish([1]);
  return id;
}

/** What the renderer keeps: a card that stands at the head of a thread. */
export async function card(
  world: World,
  purpose: 'job' | 'approval' | 'incident' | 'notice',
  entityId: number,
  ts: string,
): Promise<string> {
  await world.ctx.db
    .insert(slackMessage)
    .values({ purpose, entityId, channel: home.channel, ts, permalink: `https://slack.example/${ts}` });
  return ts;
}

/** A second product with one release, `billing` 2.0.0, not downloaded. */
export async function secondProduct(world: World): Promise<void> {
  const file = fleetFile(fleet);
  const billing = {
    name: 'billing',
    channels: ['stable'],
    entryChannels: ['stable'],
    feed: { folder: '/srv/billing' },
    slack: { channel: 'C0BILLING1' },
  };
  await apply(world, { ...file, products: [...file.products, billing] });
}
