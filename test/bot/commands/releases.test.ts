import { describe, expect, test } from 'vitest';
import { recordFeedCheck } from '../../../server/services/feed/record-check.ts';
import { noteLive, noteReported } from '../../../server/services/host/contact.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { apply } from '../../support/fleet.ts';
import { fleetFile } from '../../support/rollout-in-hand.ts';
import { publish } from '../../support/world.ts';
import { fleet, only, secondProduct, useCommands, type Commands } from '../../support/slack/command-suite.ts';

let world: Commands['world'];
let slack: Commands['slack'];
useCommands((commands) => ({ world, slack } = commands));

describe('list', () => {
  test('releases with state and channels, newest first', async () => {
    await noteLive(world.ctx, 1);
    await noteReported(world.ctx, 1, [{ hostId: 1, reported: { version: '1.0.0', digest: '100'.padEnd(64, 'a') } }]);
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
    await secondProduct(world);
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
    await noteReported(world.ctx, 1, [{ hostId: 4, reported: { version: '1.0.0', digest: '100'.padEnd(64, 'a') } }]);
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
    await secondProduct(world);
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
    const viewer = await only(world, 'viewer');
    expect(await viewer.say('download 1.1.0')).toContain('release.download refused: it needs the role operator');
    const narrow = await only(world, 'viewer', { role: 'operator', product: 'billing' });
    expect(await narrow.say('download 1.1.0')).toContain('your role for it reaches only billing');
  });
});

describe('promote and recall', () => {
  test('open a dialog where release or channel are missing', async () => {
    expect(await slack.dialog('promote')).toContain('Choose a release');
    expect(await slack.dialog('promote 1.1.0')).toContain('Choose a channel');
    expect(await slack.dialog('recall')).toContain('what its recall would do appears here');
    const viewer = await only(world, 'viewer');
    expect(await viewer.say('promote')).toContain('release.promote refused: it needs the role operator');
    expect(await viewer.say('recall')).toContain('recall.open refused: it needs the role operator');
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
    const viewer = await only(world, 'viewer');
    expect(await viewer.say('install 1.1.0')).toContain('job.install refused: it needs the role operator');
    const narrow = await only(world, { role: 'operator', environment: 'lab' });
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
    const viewer = await only(world, 'viewer');
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
