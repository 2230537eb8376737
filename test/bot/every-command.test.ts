import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COMMAND_NAMES, specOf, type CommandName } from '../../bot/grammar/commands.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import { install, readyFleet } from '../support/rollout-in-hand.ts';
import { rollouts } from '../support/rollout.ts';
import { openBotSite, type BotSite } from '../support/slack/bot-site.ts';
import { say } from '../support/slack/pressing.ts';
import { users } from '../support/slack/workspace.ts';
import { publish, type World } from '../support/world.ts';

interface Case {
  /** What has to be so first. */
  readonly given?: (world: World) => Promise<unknown>;
  readonly happy: readonly [said: string, answer: string];
  readonly unhappy: readonly [said: string, answer: string];
}

/** Job 3 has failed on press-1, incident 1 is open; 1.2.0 is not downloaded. A command that is left out does not compile. */
const CASES = {
  list: { happy: ['list', 'Releases of orders'], unhappy: ['list ordrs', 'Did you mean orders?'] },
  show: { happy: ['show 1.1.0', '*orders* *1.1.0*'], unhappy: ['show 9.9.9', 'There is no release 9.9.9 of orders'] },
  download: {
    happy: ['download 1.2.0', 'downloads and verifies'],
    unhappy: ['download 1.1.0', 'on the server already'],
  },
  install: {
    happy: ['install 1.1.0 on press-2', 'dialog: Install Update'],
    unhappy: ['install 1.1.0 on pres-2', 'Did you mean press-2?'],
  },
  demote: {
    happy: ['demote 1.1.0', 'dialog: Demote release'],
    unhappy: ['demote 1.1.0 from dev', 'There is no entry of orders 1.1.0 on channel dev'],
  },
  undemote: {
    given: ({ ctx, operator }) => demoteRelease.run(ctx, operator, { id: 2, channel: 'stable', reason: 'scanner' }),
    happy: ['undemote 1.1.0', 'dialog: Un-demote release'],
    unhappy: ['undemote 1.0.0', 'is demoted on no channel'],
  },
  archive: {
    happy: ['archive 1.0.0 superseded', '1.0.0 is archived'],
    unhappy: ['archive 9.9.9', 'There is no release 9.9.9 of orders'],
  },
  promote: {
    happy: ['promote 1.1.0 to dev tested by hand', 'orders 1.1.0 is on dev'],
    unhappy: ['promote 1.1.0 to dve tested', 'Did you mean dev?'],
  },
  recall: {
    happy: ['recall 1.1.0 --confirm loses orders', 'Recall 1 of orders 1.1.0 is open'],
    unhappy: ['recall 9.9.9', 'There is no release 9.9.9 of orders'],
  },
  pipeline: { happy: ['pipeline orders', 'No pipeline'], unhappy: ['pipeline ordrs', 'Did you mean orders?'] },
  rollback: { happy: ['rollback 3', 'dialog: Roll back'], unhappy: ['rollback 99', 'There is no job 99'] },
  hold: {
    happy: ['hold in lab audit', 'Hold #1 on environment lab'],
    unhappy: ['hold in labb audit', 'Did you mean lab?'],
  },
  'release-hold': {
    given: ({ ctx, operator }) =>
      createHold.run(ctx, operator, { scope: { environment: 'lab' }, reason: 'audit', strict: false }),
    happy: ['release-hold 1', 'Hold 1 on environment lab is released'],
    unhappy: ['release-hold 9', 'there is no hold 9'],
  },
  status: { happy: ['status', '1 incident not resolved'], unhappy: ['status 99', 'There is no job 99'] },
  jobs: {
    happy: ['jobs failed', 'Install of orders 1.0.0'],
    unhappy: ['jobs faild', 'none of active, failed, succeeded'],
  },
  retry: { happy: ['retry 3', 'tries again what job 3 left'], unhappy: ['retry 99', 'there is no job 99'] },
  cancel: {
    given: (world) => install(world, [4]),
    happy: ['cancel 4', 'Job 4 is cancelled'],
    unhappy: ['cancel 3', 'cancel refused: the job is failed'],
  },
  approvals: { happy: ['approvals', 'Nothing waits for approval'], unhappy: ['approvals --pst', '--past'] },
  incidents: { happy: ['incidents', 'job 3 · open'], unhappy: ['incidents --pst', '--past'] },
  ack: { happy: ['ack 1', 'Incident 1 is yours'], unhappy: ['ack 9', 'There is no incident 9'] },
  hosts: { happy: ['hosts plant', 'press-1'], unhappy: ['hosts plnt', 'Did you mean plant?'] },
  link: { happy: ['link', 'You are linked as Ana'], unhappy: ['link me', 'me'] },
  help: { happy: ['help', 'Install a downloaded release on hosts'], unhappy: ['help instal', 'Did you mean install?'] },
} as const satisfies Record<CommandName, Case>;

describe.each([
  ['signed HTTP', false],
  ["Socket Mode's WebSocket", true],
])('every command through real Bolt over %s, against our own stand-in', (_name, socketMode) => {
  let site: BotSite;
  beforeAll(async () => {
    site = await openBotSite({ socketMode, settings: { SIGNALBOX_BAKE_MS: '0' } });
  });
  beforeEach(async () => {
    for (const view of site.slack.workspace.views.values()) view.closed = true;
    const { world } = site;
    await world.clear();
    await readyFleet(world, { hosts: { plant: ['press-1', 'press-2', 'press-3'], lab: ['probe-1'] } });
    await install(world, [1, 2, 3]);
    await rollouts(world).finish([1]);
    await publish(world, ['1.2.0']);
    await site.linked(users.ana, 'Ana', 'operator');
    await site.linked(users.ben, 'Ben', 'viewer');
  });
  afterAll(() => site.close());

  test.each(COMMAND_NAMES)('%s: what is wrong is said with the next step, and what is right is done', async (name) => {
    const { given, happy, unhappy }: Case = CASES[name];
    await given?.(site.world);
    expect(await say(site, users.ana, unhappy[0])).toContain(unhappy[1]);
    const { action } = specOf(name);
    if (name !== 'link') expect(await say(site, users.cleo, happy[0])).toContain('/release link');
    const refused = await say(site, users.ben, happy[0]);
    if (action !== null && !READS.test(action))
      expect(refused).toContain(`${action} refused: it needs the role operator`);
    expect(await say(site, users.ana, happy[0])).toContain(happy[1]);
  });
});

/** What a viewer may do too. */
const READS = /\.read$/u;
