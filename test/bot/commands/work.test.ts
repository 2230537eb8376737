import { describe, expect, test } from 'vitest';
import { createHold } from '../../../server/services/hold/create.ts';
import { endTask } from '../../../server/services/task/end.ts';
import { deliver, install, jobOf } from '../../support/rollout-in-hand.ts';
import { card, failedJob, only, secondProduct, useCommands, type Commands } from '../../support/slack/command-suite.ts';

let world: Commands['world'];
let slack: Commands['slack'];
useCommands((commands) => ({ world, slack } = commands));

describe('rollback', () => {
  test('opens the dialog with the affected hosts', async () => {
    const id = await failedJob(world);
    expect(await slack.dialog(`rollback ${id}`)).toContain('press-1');
    await slack.dialog(`rollback ${id} on press-1 --include-healthy the scanner fails`);
  });

  test('without a job it names those that could be meant; unknown jobs and hosts are said', async () => {
    expect(await slack.say('rollback')).toBe('Which job? Name its number. No job is failed now.');
    const id = await failedJob(world);
    expect(await slack.say('rollback')).toBe(
      `Which job? Name its number. Perhaps \`/release rollback ${id}\` (install of orders 1.0.0).`,
    );
    expect(await slack.say('rollback 99')).toBe('There is no job 99. `/release jobs` lists them.');
    expect(await slack.say(`rollback ${id} on probe-1`)).toContain(`There is no host of job ${id} probe-1.`);
    const narrow = await only(world, { role: 'operator', environment: 'lab' });
    expect(await narrow.say(`rollback ${id}`)).toContain('your role for it reaches only lab');
  });

  test('in the thread of the job a mention gets the button', async () => {
    const id = await failedJob(world);
    const thread = await card(world, 'job', id, '2.1');
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
    const thread = await card(world, 'job', await failedJob(world), '7.1');
    expect(await slack.say('show', { thread })).toContain('*orders* *1.0.0*');
    expect(await slack.say('demote', { thread })).toContain('`/release demote orders 1.0.0`');
    expect(await slack.say('install', { thread })).toContain('`/release install orders 1.0.0`');
    expect(await slack.say('download', { thread })).toContain('Download of orders 1.0.0 refused');
  });

  test('its product, where there are several', async () => {
    const thread = await card(world, 'incident', 1, '7.2');
    await failedJob(world);
    await secondProduct(world);
    expect(await slack.say('show 1.1.0', { thread })).toContain('*orders* *1.1.0*');
    expect(await slack.say('list', { thread })).toContain('*Releases of orders*');
  });

  test('the incident that a hold is for', async () => {
    await failedJob(world);
    const { blocks } = await slack.reply('hold', { thread: await card(world, 'incident', 1, '7.3') });
    expect(blocks[1]).toMatchObject({ elements: [{ action_id: 'incident.hold' }] });
  });

  test('nothing, in a thread of somebody else, or below a notice', async () => {
    await failedJob(world);
    const asked = 'Which job? Name its number. Perhaps `retry 3` (install of orders 1.0.0).';
    expect(await slack.say('retry', { thread: '7.4' })).toBe(asked);
    expect(await slack.say('retry', { thread: await card(world, 'notice', 3, '7.5') })).toBe(asked);
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
    expect(await (await only(world, 'viewer')).say('hold everything audit')).toContain('hold.create refused');
    const narrow = await only(world, 'viewer', { role: 'operator', environment: 'lab' });
    expect(await narrow.say('hold in plant audit')).toContain('your role for it reaches only lab');
    expect(await narrow.say('hold in lab audit')).toContain('Hold #1');
  });

  test('release-hold says what goes on; twice, unknown and not allowed', async () => {
    await createHold.run(world.ctx, world.operator, { scope: { environment: 'plant' }, reason: 'Q3', strict: false });
    const job = await install(world, [1]);
    await deliver(world);
    expect(await slack.say(`status ${job}`)).toContain('‖ Held');
    expect(await (await only(world, 'viewer')).say('release-hold 1')).toContain('hold.release refused');
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
    const id = await failedJob(world);
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
    const id = await failedJob(world);
    const said = await slack.say(`status ${id}`);
    expect(said).toContain(`#${id}> Install of orders 1.0.0 · ✗ Failed`);
    expect(said).toContain('3 of 3 hosts · 1 failed');
    expect(said).toContain('✗ press-1 failed: post-install ended with 3');
    expect(await slack.say('status', { thread: await card(world, 'job', id, '3.1') })).toBe(
      `${said} · <https://slack.example/3.1|Its card>`,
    );
    expect(await slack.say('status', { thread: await card(world, 'incident', 1, '3.2') })).toContain(`#${id}> Install`);
    expect(await slack.say('status', { thread: '9.9' })).toContain('*1 incident not resolved*');
    expect(await slack.say('status 99')).toBe('There is no job 99. `/release jobs` lists them.');
  });

  test('jobs, newest first, by what became of them', async () => {
    expect(await slack.say('jobs active')).toBe('No job is active now.');
    const id = await failedJob(world);
    expect(await slack.say('jobs')).toMatch(new RegExp(`#${id}>.*Failed[^]*#1>.*Succeeded`));
    expect(await slack.say('jobs failed')).not.toContain('#1>');
    expect(await slack.say('jobs faild')).toContain(
      'faild is none of active, failed, succeeded.\nType `/release jobs [active|failed|succeeded]`',
    );
  });

  test('retry makes a job for the hosts that are left, in the thread too', async () => {
    const id = await failedJob(world);
    const said = await slack.say('retry', { thread: await card(world, 'incident', 1, '4.1') });
    expect(said).toContain(`Job ${id + 1} tries again what job ${id} left.`);
    expect(await slack.say(`retry ${id + 1}`)).toContain('retry refused: the job is queued.');
    expect(await slack.say(`retry ${id} --cancelled`)).toContain('refused');
    expect(await (await only(world, 'viewer')).say(`retry ${id}`)).toContain('job.retry refused');
    expect(await slack.say('retry 99')).toBe('Retry refused: there is no job 99. `/release jobs` lists them.');
  });

  test('retry leaves out a host on which a hook was lost, until it is told to run it again', async () => {
    const id = await install(world, [1]);
    const [held] = await deliver(world);
    const problem = { code: 'lost', sentence: 'a hook was begun and nobody knows how it ended' };
    await endTask(world.ctx, held!, { status: 'failed', problem, restored: false });
    expect(await slack.say(`retry ${id}`)).toContain('--rerun-hook');
    expect(await slack.say(`retry ${id} --rerun-hook`)).toContain(`Job ${id + 1} tries again what job ${id} left.`);
  });

  test('cancel says when hosts still run, and retry whom it leaves out', async () => {
    const id = await install(world, [1, 2]);
    const held = await deliver(world);
    expect(await slack.say(`cancel ${id}`)).toContain(
      `Job ${id} is being cancelled. What is past the switch on a host runs to its end.`,
    );
    for (const one of held) await endTask(world.ctx, one, { status: 'cancelled', problem: null, restored: false });
    await world.ctx.db.$client`update host set life = 'maintenance' where id = 2`;
    const said = await slack.say(`retry ${id} --cancelled`);
    expect(said).toContain(`Job ${id + 1} tries again what job ${id} left.`);
    expect(said).toMatch(/△ Left out: \S+ is in maintenance\./);
  });

  test('cancel, once', async () => {
    const id = await install(world, [1, 2]);
    expect(await slack.say('cancel')).toBe(
      `Which job? Name its number. Perhaps \`/release cancel ${id}\` (install of orders 1.0.0).`,
    );
    expect(await (await only(world, { role: 'operator', environment: 'lab' })).say(`cancel ${id}`)).toContain(
      'reaches only lab',
    );
    expect(await slack.say(`cancel ${id} wrong version`)).toContain(`Job ${id} is cancelled.`);
    expect(await slack.say(`cancel ${id}`)).toContain(`Job ${id}: cancel refused: the job is cancelled`);
  });
});
