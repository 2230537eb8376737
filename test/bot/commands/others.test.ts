import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../../bot/grammar/commands.ts';
import { noteLive, noteReported } from '../../../server/services/host/contact.ts';
import { apply } from '../../support/fleet.ts';
import { fleetFile, install } from '../../support/rollout-in-hand.ts';
import { typist } from '../../support/slack/typing.ts';
import { card, failedJob, fleet, only, useCommands, type Commands } from '../../support/slack/command-suite.ts';

let world: Commands['world'];
let ana: Commands['ana'];
let slack: Commands['slack'];
useCommands((commands) => ({ world, ana, slack } = commands));

const rule = {
  name: 'production',
  match: { actions: ['install'], environmentLabels: [{ key: 'tier', values: ['gold'] }] },
  required: 1,
  roles: ['approver'],
};

describe('approvals', () => {
  beforeEach(() => apply(world, fleetFile({ ...fleet, approvals: [rule] })));

  test('what waits, who may approve, until when, with its card', async () => {
    expect(await slack.say('approvals')).toBe('Nothing waits for approval.');
    const job = await install(world, [1, 2], undefined, ana);
    await card(world, 'approval', 1, '5.1');
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
    const id = await failedJob(world);
    expect(await slack.say('incidents')).toContain(`orders 1.0.0, job ${id} · open`);
    expect(await slack.say('ack')).toBe('Which incident? Name its number. Perhaps `/release ack 1` (1.0.0).');
    expect(await (await only(world, 'viewer')).say('ack 1')).toContain('incident.acknowledge refused');
    const said = await slack.say('ack', { thread: await card(world, 'job', id, '6.1') });
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
    await noteReported(world.ctx, 1, [{ hostId: 1, reported: { version: '1.0.0', digest: '100'.padEnd(64, 'a') } }]);
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
    expect(await (await only(world, 'viewer')).say('help')).toContain(
      'Your roles do not reach: download, install, demote',
    );
    expect(await (await only(world)).say('help')).toContain('`/release link`');
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
    const nobody = await only(world);
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
    await failedJob(world);
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
