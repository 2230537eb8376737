import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../bot/grammar/commands.ts';
import { slackMessage } from '../../db/schema/index.ts';
import { recordFeedCheck } from '../../server/services/feed/record-check.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { noteLive, noteReported } from '../../server/services/host/contact.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import type { Actor } from '../../server/services/verb.ts';
import { apply } from '../support/fleet.ts';
import { personOf } from '../support/people.ts';
import { deliver, fleetFile, install, jobOf, readyFleet } from '../support/rollout-in-hand.ts';
import { rollouts } from '../support/rollout.ts';
import { home, typist, type Typist } from '../support/slack/typing.ts';
import { openWorld, publish, type World } from '../support/world.ts';

let world: World;
let ana: Actor;
let slack: Typist;
let rollout: ReturnType<typeof rollouts>;

const fleet = {
  hosts: { plant: ['press-1', 'press-2', 'press-3'], lab: ['probe-1'] },
  labels: { plant: { tier: 'gold' } },
};
const rule = {
  name: 'production',
  match: { actions: ['install'], environmentLabels: [{ key: 'tier', values: ['gold'] }] },
  required: 1,
  roles: ['approver'],
};

beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0', SIGNALBOX_URL: 'https://signalbox.example' });
  rollout = rollouts(world);
});
beforeEach(async () => {
  await world.ctx.db.delete(slackMessage);
  await world.clear();
  await readyFleet(world, fleet);
  ana = await personOf(world, 'Ana', 'operator');
  slack = typist(world, ana);
});
afterAll(() => world.close());

const only = async (...given: Parameters<typeof personOf>[2][]) =>
  typist(world, await personOf(world, 'Ben', ...given));
/** A job on the press hosts whose first host fails: it halts, and an incident is open. */
async function failedJob(): Promise<number> {
  const id = await install(world, [1, 2, 3]);
  await rollout.finish([1]);
  return id;
}
/** What the renderer keeps: a card that stands at the head of a thread. */
async function card(
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
async function secondProduct(): Promise<void> {
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

describe('list', () => {
  test('releases with state and channels, newest first', async () => {
    await noteLive(world.ctx, 1);
    await noteReported(world.ctx, 1, 1, { version: '1.0.0', digest: '100'.padEnd(64, 'a') });
    await publish(world, ['1.2.0']);
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'scanner' });
    const said = await slack.say('list');
    expect(said).toContain('*Releases of orders*');
    expect(said).toContain('*1.0.0* · installed on 1 host · stable');
    expect(said).toContain('*1.1.0* · downloaded · on no channel · demoted on stable');
    expect(said).toContain('*1.2.0* · available · stable');
    expect(said).toContain('https://signalbox.example/releases?product=orders');
  });

  test('a long list is cut, counted and linked', async () => {
    await publish(
      world,
      Array.from({ length: 60 }, (_, i) => `2.0.${i}`),
    );
    const said = await slack.say('list orders');
    expect(said).toContain(
      '… and 42 more: <https://signalbox.example/releases?product=orders|all releases in the console>',
    );
    const { text, blocks } = await slack.reply('list orders');
    expect(text).toBe('Releases of orders, 42 more');
    expect(blocks.length).toBeLessThan(6);
  });

  test('of several products each with what is on its channels; of one when it is named, or has this channel', async () => {
    await secondProduct();
    expect(await slack.say('list')).toContain('*orders* · 2 releases · stable 1.1.0');
    expect(await slack.say('list')).toContain('*billing* · 0 releases');
    expect(await slack.say('list orders')).toContain('*1.1.0*');
    expect(await slack.say('list', { channel: 'C0BILLING1' })).toBe('There is no release of billing yet.');
    expect(await slack.say('list order')).toBe('There is no product order. Did you mean orders?');
  });

  test('nothing yet', async () => {
    await world.clear();
    expect(await slack.say('list')).toContain('There is no product yet.');
    expect(await slack.say('show 1.0.0')).toContain('There is no product yet.');
  });
});

describe('show', () => {
  test('state, channels, where it runs, who demoted it and why', async () => {
    await noteReported(world.ctx, 4, 1, { version: '1.0.0', digest: '100'.padEnd(64, 'a') });
    await demoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'stable', reason: 'a <b> & *c*' });
    const said = await slack.say('show v1.0.0');
    expect(said).toContain('*orders* *1.0.0* · installed on 1 host');
    expect(said).toContain('Runs in lab (1)');
    expect(said).toContain('⊘ Demoted on stable by Ana');
    expect(said).toContain('a &lt;b&gt; &amp; *c*');
  });

  test('notes cannot call anybody, and fit', async () => {
    const hostile = {
      version: '3.0.0',
      digest: 'c'.repeat(64),
      size: 1,
      artifactUrl: 'file:///x',
      signatureUrl: null,
      notes: `<!channel> ${'<&>'.repeat(3_000)}`,
      labels: { team: '<!here>' },
      required: true,
      hooks: {},
    };
    await recordFeedCheck(world.ctx, 1, { releases: [hostile], problems: [] });
    const said = await slack.say('show 3.0.0');
    expect(said).toContain('required');
    expect(said).toContain('team=&lt;!here&gt;');
    expect(said).not.toContain('<!here>');
    expect(said).not.toContain('<!channel>');
  });

  test('unknown releases and products, with what was probably meant', async () => {
    expect(await slack.say('show 1.1.1')).toBe('There is no release 1.1.1 of orders. Did you mean 1.1.0?');
    expect(await slack.say('show 7.7')).toBe('There is no release 7.7 of orders. There is 1.1.0 and 1.0.0.');
    expect(await slack.say('show 1.1')).toBe('There is no release 1.1 of orders. Did you mean 1.1.0?');
    expect(await slack.say('show ordres 1.1.0')).toBe('There is no product ordres. Did you mean orders?');
    expect(await slack.say('show orders')).toBe(
      'Which release of orders? There is 1.1.0 and 1.0.0. Say `/release show orders 1.1.0`.',
    );
    expect(await slack.say('show')).toBe('Which release? Name it: `/release show 4.2.1`.');
  });

  test('of several products it asks which', async () => {
    await secondProduct();
    expect(await slack.say('show 1.1.0')).toBe(
      'Which product? There is billing and orders. Say for example `/release show billing 1.1.0`.',
    );
    expect(await slack.say('show orders 1.1.0')).toContain('*orders* *1.1.0*');
    expect(await slack.say('show 1.1.0', { channel: 'C0BILLING1' })).toContain('no release 1.1.0 of billing');
  });
});

describe('download', () => {
  test('starts a job, and says where it is', async () => {
    await publish(world, ['1.2.0']);
    const said = await slack.say('download 1.2.0');
    expect(said).toContain('Job 3 downloads and verifies the package.');
    expect(said).toContain('<https://signalbox.example/jobs/3|#3> Download of orders 1.2.0 · ◷ Queued · by Ana');
  });

  test('refused when it is there, and to those who may not', async () => {
    expect(await slack.say('download 1.1.0')).toBe(
      'Download of orders 1.1.0 refused: the verified package is on the server already. Install it.',
    );
    const viewer = await only('viewer');
    expect(await viewer.say('download 1.1.0')).toContain('release.download refused: it needs the role operator');
    const narrow = await only('viewer', { role: 'operator', product: 'billing' });
    expect(await narrow.say('download 1.1.0')).toContain('your role for it reaches only billing');
  });
});

describe('install', () => {
  test('opens the dialog with the hosts that were named, waves, budget and reason', async () => {
    const shown = await slack.dialog(
      'install 1.1.0 on press-1,press-2 --waves 1,100% --max-failures 1 --reason "scanner fix"',
    );
    expect(shown).toContain('1.1.0');
    expect(shown).toContain('scanner fix');
    expect(shown).toContain('2 hosts of 4 chosen');
    expect(shown).toContain('press-1 and press-2');
  });

  test('opens it for an environment, a label, the newest downloaded release', async () => {
    expect(await slack.dialog('install orders 1.0.0 in lab')).toContain('probe-1');
    await slack.dialog('install 1.0.0 where tier=gold');
    expect(await slack.dialog('install')).toContain('1.1.0');
  });

  test.each([
    ['install 1.1.0 on pres-1', 'There is no host pres-1. Did you mean press-1?'],
    ['install 1.1.0 in plnt', 'There is no environment plnt. Did you mean plant?'],
    ['install 9.9.9', 'There is no release 9.9.9 of orders. There is 1.1.0 and 1.0.0.'],
    ['install 1.1.0 on press-1 in lab', 'Name hosts, or say which with `in` and `where`: not both.'],
    [
      'install 1.1.0 --waves often',
      '--waves: Waves are counts or shares, such as: 1, 25 %, 100 %. A wave may be "manual".',
    ],
    ['install 1.1.0 --max-failures many', '--max-failures: A count of hosts or a share: 0, 3, 10 %.'],
  ])('%s', async (text, sentence) => {
    expect(await slack.say(text)).toBe(sentence);
  });

  test('a host that rests is named; those who may not are told so before any dialog', async () => {
    const file = fleetFile(fleet);
    await apply(world, {
      ...file,
      hosts: file.hosts.map((host) => (host.name === 'press-2' ? { ...host, life: 'maintenance' } : host)),
    });
    expect(await slack.say('install 1.1.0 on press-2')).toBe('Install refused: press-2 is maintenance. Leave it out.');
    const viewer = await only('viewer');
    expect(await viewer.say('install 1.1.0')).toContain('job.install refused: it needs the role operator');
    const narrow = await only({ role: 'operator', environment: 'lab' });
    expect(await narrow.say('install 1.1.0 on press-1')).toContain('your role for it reaches only lab');
    expect(await narrow.say('install 1.1.0 in plant,lab')).toContain('your role for it reaches only lab');
    expect(await narrow.say('install 1.1.0 on probe-1')).toBe('dialog');
    expect(await narrow.say('install 1.1.0 in lab')).toBe('dialog');
  });

  test('a mention is told what to type, since Slack opens no dialog from one', async () => {
    const said = await slack.say('install 1.1.0 on press-1', { thread: '1.1' });
    expect(said).toBe(
      'This needs a dialog, which a mention cannot open. Type outside of the thread: `/release install orders 1.1.0 on press-1`',
    );
  });
});

describe('demote and undemote', () => {
  test('demote opens the dialog with the impact', async () => {
    const shown = await slack.dialog('demote 1.1.0 from stable scanner fails');
    expect(shown).toContain('1.1.0');
    expect(shown).toContain('scanner fails');
    await slack.dialog('demote 1.1.0');
  });

  test('what cannot be demoted or made active again', async () => {
    expect(await slack.say('undemote 1.1.0')).toBe(
      'Un-demote refused: orders 1.1.0 is demoted on no channel. There is nothing to undo.',
    );
    expect(await slack.say('demote 1.1.0 from dev')).toBe(
      'There is no entry of orders 1.1.0 on channel dev. There is stable.',
    );
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'scanner' });
    expect(await slack.say('demote 1.1.0 from stable')).toBe('Ana demoted 1.1.0 on stable already: "scanner".');
    expect(await slack.say('demote 1.1.0')).toBe('Demote refused: orders 1.1.0 is active on no channel.');
    const viewer = await only('viewer');
    expect(await viewer.say('demote 1.0.0')).toContain('release.demote refused');
    expect(await viewer.say('undemote 1.1.0')).toContain('release.demote refused');
  });

  test('undemote with a reason is done at once, without one it asks', async () => {
    await demoteRelease.run(world.ctx, world.operator, { id: 2, channel: 'stable', reason: 'scanner' });
    await slack.dialog('undemote 1.1.0');
    expect(await slack.say('undemote 1.1.0 from stable the scanner was at fault')).toBe(
      'orders 1.1.0 is active on stable again, at its old place. To take it off: `/release demote orders 1.1.0`',
    );
    expect(await slack.say('show 1.1.0')).toContain('stable');
  });
});

describe('rollback', () => {
  test('opens the dialog with the affected hosts', async () => {
    const id = await failedJob();
    expect(await slack.dialog(`rollback ${id}`)).toContain('press-1');
    await slack.dialog(`rollback ${id} on press-1 --include-healthy the scanner fails`);
  });

  test('without a job it names those that could be meant; unknown jobs and hosts are said', async () => {
    expect(await slack.say('rollback')).toBe('Which job? Name its number. No job is failed now.');
    const id = await failedJob();
    expect(await slack.say('rollback')).toBe(
      `Which job? Name its number. Perhaps \`/release rollback ${id}\` (install of orders 1.0.0).`,
    );
    expect(await slack.say('rollback 99')).toBe('There is no job 99. `/release jobs` lists them.');
    expect(await slack.say(`rollback ${id} on probe-1`)).toContain(`There is no host of job ${id} probe-1.`);
    const narrow = await only({ role: 'operator', environment: 'lab' });
    expect(await narrow.say(`rollback ${id}`)).toContain('your role for it reaches only lab');
  });

  test('in the thread of the job a mention gets the button', async () => {
    const id = await failedJob();
    const thread = await card('job', id, '2.1');
    const { blocks } = await slack.reply('rollback', { thread });
    const { revision } = await jobOf(world, id);
    expect(blocks[1]).toMatchObject({
      type: 'actions',
      elements: [{ action_id: 'job.rollback', value: `${id}.${revision}` }],
    });
  });
});

describe('in a thread a command without a subject means what the thread is about', () => {
  test('the release of its job', async () => {
    const thread = await card('job', await failedJob(), '7.1');
    expect(await slack.say('show', { thread })).toContain('*orders* *1.0.0*');
    expect(await slack.say('demote', { thread })).toContain('`/release demote orders 1.0.0`');
    expect(await slack.say('install', { thread })).toContain('`/release install orders 1.0.0`');
    expect(await slack.say('download', { thread })).toContain('Download of orders 1.0.0 refused');
  });

  test('its product, where there are several', async () => {
    const thread = await card('incident', 1, '7.2');
    await failedJob();
    await secondProduct();
    expect(await slack.say('show 1.1.0', { thread })).toContain('*orders* *1.1.0*');
    expect(await slack.say('list', { thread })).toContain('*Releases of orders*');
  });

  test('the incident that a hold is for', async () => {
    await failedJob();
    const { blocks } = await slack.reply('hold', { thread: await card('incident', 1, '7.3') });
    expect(blocks[1]).toMatchObject({ elements: [{ action_id: 'incident.hold' }] });
  });

  test('nothing, in a thread of somebody else, or below a notice', async () => {
    await failedJob();
    const asked = 'Which job? Name its number. Perhaps `retry 3` (install of orders 1.0.0).';
    expect(await slack.say('retry', { thread: '7.4' })).toBe(asked);
    expect(await slack.say('retry', { thread: await card('notice', 3, '7.5') })).toBe(asked);
    expect(await slack.say('ack', { thread: '7.4' })).toBe('Which incident? Name its number. Perhaps `ack 1` (1.0.0).');
  });
});

describe('hold and release-hold', () => {
  test('with scope and reason it is put at once', async () => {
    const said = await slack.say('hold in plant "line &lt;down&gt;" --until 2h --strict');
    expect(said).toContain('‖ Hold #1 on environment plant until <!date^');
    expect(said).toContain('rollbacks too: "line &lt;down&gt;" (Ana)');
    expect(said).toContain('`/release release-hold 1`');
    expect(await slack.say('hold product ORDERS channel stable Q3 close')).toContain(
      'Hold #2 on orders on stable until it is released',
    );
    expect(await slack.say('hold everything audit')).toContain('Hold #3 on everything');
  });

  test('else the dialog asks for what is missing', async () => {
    await slack.dialog('hold');
    expect(await slack.dialog('hold product orders')).toContain('orders');
    expect(await slack.dialog('hold Q3 close')).toContain('Q3 close');
  });

  test('what cannot be held', async () => {
    expect(await slack.say('hold product order Q3')).toBe('There is no product order. Did you mean orders?');
    expect(await slack.say('hold host prss-1 Q3')).toBe('There is no host prss-1. Did you mean press-1?');
    expect(await slack.say('hold everything product orders Q3')).toBe('Everything, or only orders? Say one of them.');
    expect(await slack.say('hold everything audit --until 2020-01-01T00:00Z')).toBe(
      'Hold refused: it ends before it starts. Choose a later end.',
    );
    expect(await slack.say('hold host press-1 in lab audit')).toContain('press-1 is not in lab but in plant');
    expect(await (await only('viewer')).say('hold everything audit')).toContain('hold.create refused');
    const narrow = await only('viewer', { role: 'operator', environment: 'lab' });
    expect(await narrow.say('hold in plant audit')).toContain('your role for it reaches only lab');
    expect(await narrow.say('hold in lab audit')).toContain('Hold #1');
  });

  test('release-hold says what goes on; twice, unknown and not allowed', async () => {
    await createHold.run(world.ctx, world.operator, { scope: { environment: 'plant' }, reason: 'Q3', strict: false });
    const job = await install(world, [1]);
    await deliver(world);
    expect(await slack.say(`status ${job}`)).toContain('‖ Held');
    expect(await (await only('viewer')).say('release-hold 1')).toContain('hold.release refused');
    expect(await slack.say('release-hold 1 the line runs again')).toBe(
      `Hold 1 on environment plant is released. What it stopped goes on: job ${job}.`,
    );
    expect(await slack.say('release-hold 1')).toContain('Release refused: Ana released hold 1 already');
    expect(await slack.say('release-hold 9')).toBe('Release refused: there is no hold 9. No hold stands now.');
  });
});

describe('jobs: status, jobs, retry, cancel', () => {
  test('status says everything that is not as it should be', async () => {
    expect(await slack.say('status')).toContain('0 incidents not resolved');
    const id = await failedJob();
    await slack.say('hold in lab audit');
    await install(world, [4]);
    const said = await slack.say('status');
    expect(said).toContain('*1 incident not resolved*');
    expect(said).toContain(`orders 1.0.0, job ${id}`);
    expect(said).toContain('*1 job in progress*');
    expect(said).toContain('*1 hold in force*');
    expect(said).toContain('4 active hosts: 3 live, 1 not reached yet');
  });

  test('status of one job, by its number or in its thread', async () => {
    const id = await failedJob();
    const said = await slack.say(`status ${id}`);
    expect(said).toContain(`#${id}> Install of orders 1.0.0 · ✗ Failed`);
    expect(said).toContain('3 of 3 hosts · 1 failed');
    expect(said).toContain('✗ press-1 failed: post-install ended with 3');
    expect(await slack.say('status', { thread: await card('job', id, '3.1') })).toBe(
      `${said} · <https://slack.example/3.1|Its card>`,
    );
    expect(await slack.say('status', { thread: await card('incident', 1, '3.2') })).toContain(`#${id}> Install`);
    expect(await slack.say('status', { thread: '9.9' })).toContain('*1 incident not resolved*');
    expect(await slack.say('status 99')).toBe('There is no job 99. `/release jobs` lists them.');
  });

  test('jobs, newest first, by what became of them', async () => {
    expect(await slack.say('jobs active')).toBe('No job is active now.');
    const id = await failedJob();
    expect(await slack.say('jobs')).toMatch(new RegExp(`#${id}>.*Failed[^]*#1>.*Succeeded`));
    expect(await slack.say('jobs failed')).not.toContain('#1>');
    expect(await slack.say('jobs faild')).toContain(
      'faild is none of active, failed, succeeded.\nType `/release jobs [active|failed|succeeded]`',
    );
  });

  test('retry makes a job for the hosts that are left, in the thread too', async () => {
    const id = await failedJob();
    const said = await slack.say('retry', { thread: await card('incident', 1, '4.1') });
    expect(said).toContain(`Job ${id + 1} tries again what job ${id} left.`);
    expect(await slack.say(`retry ${id + 1}`)).toContain('retry refused: the job is queued.');
    expect(await slack.say(`retry ${id} --cancelled`)).toContain('refused');
    expect(await (await only('viewer')).say(`retry ${id}`)).toContain('job.retry refused');
    expect(await slack.say('retry 99')).toBe('Retry refused: there is no job 99. `/release jobs` lists them.');
  });

  test('cancel, once', async () => {
    const id = await install(world, [1, 2]);
    expect(await slack.say('cancel')).toBe(
      `Which job? Name its number. Perhaps \`/release cancel ${id}\` (install of orders 1.0.0).`,
    );
    expect(await (await only({ role: 'operator', environment: 'lab' })).say(`cancel ${id}`)).toContain(
      'reaches only lab',
    );
    expect(await slack.say(`cancel ${id} wrong version`)).toContain(`Job ${id} is cancelled.`);
    expect(await slack.say(`cancel ${id}`)).toContain(`Job ${id}: cancel refused: the job is cancelled`);
  });
});

describe('approvals', () => {
  beforeEach(() => apply(world, fleetFile({ ...fleet, approvals: [rule] })));

  test('what waits, who may approve, until when, with its card', async () => {
    expect(await slack.say('approvals')).toBe('Nothing waits for approval.');
    const job = await install(world, [1, 2], undefined, ana);
    await card('approval', 1, '5.1');
    expect(await slack.say('status')).toContain('asked by Ana · 0 of 1 · approver may approve until');
    const said = await slack.say('approvals');
    expect(said).toContain(
      'orders 1.0.0 · plant · 2 hosts · asked by Ana · 0 of 1 · approver may approve until <!date^',
    );
    expect(said).toContain('<https://slack.example/5.1|its card>');
    expect(await slack.say('cancel wrong hosts', { thread: '5.1' })).toContain(`Job ${job} is cancelled.`);
    expect(await slack.say('approvals')).toBe('Nothing waits for approval.');
    expect(await slack.say('approvals --past')).toContain('⊘ Taken back');
  });
});

describe('incidents and ack', () => {
  test('open ones; acknowledged by number, in the thread, and only once', async () => {
    expect(await slack.say('incidents')).toBe('No incident is open.');
    expect(await slack.say('ack')).toBe('Which incident? Name its number. No incident waits to be acknowledged.');
    const id = await failedJob();
    expect(await slack.say('incidents')).toContain(`orders 1.0.0, job ${id} · open`);
    expect(await slack.say('ack')).toBe('Which incident? Name its number. Perhaps `/release ack 1` (1.0.0).');
    expect(await (await only('viewer')).say('ack 1')).toContain('incident.acknowledge refused');
    const said = await slack.say('ack', { thread: await card('job', id, '6.1') });
    expect(said).toContain('Incident 1 is yours.');
    expect(said).toContain('acknowledged, Ana has it');
    expect(await slack.say('ack 1')).toBe(
      'Incident 1: acknowledge refused: the incident is acknowledged already by Ana.',
    );
    expect(await slack.say('ack 9')).toBe('There is no incident 9. `/release incidents --past` lists them.');
  });
});

describe('hosts', () => {
  test('environments, the hosts of one, hosts by name', async () => {
    await noteLive(world.ctx, 1);
    await noteReported(world.ctx, 1, 1, { version: '1.0.0', digest: '100'.padEnd(64, 'a') });
    expect(await slack.say('hosts')).toContain(
      '*plant* · 3 active hosts: 1 live, 2 not reached yet · orders on stable',
    );
    const said = await slack.say('hosts plant');
    expect(said).toContain('*<https://signalbox.example/hosts/1|press-1>* in plant · live · orders 1.0.0');
    expect(said).toContain('|press-3>* in plant');
    expect(await slack.say('hosts PROBE')).toContain('probe-1');
    expect(await slack.say('hosts plnt')).toBe('There is no host or environment plnt. Did you mean plant?');
  });

  test('thousands are counted', async () => {
    const file = fleetFile({
      hosts: { plant: Array.from({ length: 1_200 }, (_, i) => `press-${i + 1}`), lab: ['probe-1'] },
    });
    await apply(world, file);
    expect(await slack.say('hosts plant')).toContain(
      '… and 480+ more: <https://signalbox.example/hosts|all hosts in the console>',
    );
    expect(await slack.say('install 1.1.0 on pres-1200')).toContain('Did you mean press-1200?');
  });
});

describe('help, link and what nobody understands', () => {
  test('help shows what these roles reach', async () => {
    const said = await slack.say('');
    expect(said).toContain('`/release install` Install a downloaded release on hosts');
    expect(said).not.toContain('Your roles do not reach');
    expect(await (await only('viewer')).say('help')).toContain('Your roles do not reach: download, install, demote');
    expect(await (await only()).say('help')).toContain('`/release link`');
  });

  test.each(['list', 'install', 'hold', 'rollback', 'jobs', 'link', 'help'])('help %s', async (name) => {
    expect(await slack.say(`help ${name}`)).toContain(`/release ${name}`);
  });

  test('the next step, whatever was typed', async () => {
    expect(await slack.say('help instal')).toBe('There is no command instal. Did you mean install?');
    expect(await slack.say('instal 1.0')).toBe(
      'There is no command instal. Did you mean install?\n`/release help` shows every command.',
    );
    expect(await slack.say('release-hold')).toBe(
      'Something is missing: number.\nType `/release release-hold number [reason]`, or `/release help release-hold` for examples.',
    );
    expect(await slack.say('&lt;!channel&gt; look')).toContain('There is no command &lt;!channel&gt;.');
    expect(await slack.say('x'.repeat(5_000))).toContain('longer than 4000 characters');
  });

  test('link, for who is linked already', async () => {
    expect(await slack.say('link')).toBe(
      'You are linked as Ana. <https://signalbox.example/account|Your account> shows and ends links; end this one to be linked to another.',
    );
  });

  test('who has no role is told so by every command', async () => {
    const nobody = await only();
    for (const text of [
      'list',
      'show 1.0.0',
      'install',
      'status',
      'jobs',
      'approvals',
      'incidents',
      'hosts',
      'hold',
      'ack 1',
      'cancel 1',
    ])
      expect(await nobody.say(text)).toContain('you have no role');
  });

  test('whatever is typed has an answer that Slack takes, and none of it breaks', async () => {
    await failedJob();
    const word = fc.constantFrom(
      '&lt;!channel&gt;',
      '1.0.0',
      'orders',
      'plant',
      'press-1',
      'on',
      'in',
      'from',
      'stable',
      '1',
      '3',
      '99',
      '<!channel>',
      '"a b"',
      '--x',
      '\u202e',
      'product',
      'everything',
    );
    const line = fc.tuple(
      fc.constantFrom(...COMMAND_NAMES),
      fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(line, fc.boolean(), async ([name, words], threaded) => {
        const said = await slack.say([name, ...words].join(' '), threaded ? { thread: '8.8' } : {});
        expect(said).not.toContain('Something broke');
        expect(said).not.toContain('<!channel>');
        expect(said).not.toBe('');
      }),
      { numRuns: 150 },
    );
  });

  test('what breaks is said with an id, and logged', async () => {
    const broken = typist(
      {
        ctx: {
          ...world.ctx,
          clock: {
            now: () => {
              throw new Error('no clock');
            },
          },
        },
      },
      ana,
    );
    expect(await broken.say('status')).toMatch(
      /^Something broke that nobody foresaw\. Give an admin this id, the log has the reason: [0-9a-f-]{36}\.$/,
    );
  });
});
