import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Person } from '../../server/demo/slack/person.ts';
import type { SlackMessage } from '../../server/demo/slack/workspace.ts';
import { fillIn, openSlackRig, saying, textOf, type SlackRig } from '../support/slack/slack-rig.ts';
import { channels, users } from '../support/slack/workspace.ts';
import { until } from '../support/until.ts';

/**
 * Founding document 000, section 8, by nothing but Slack: our stand-in of it at the protocol, real Bolt over signed HTTP,
 * a real server and real SSH hosts.
 */
let site: SlackRig;
afterEach(() => site?.close());

/** Fails where a file says so; tells when it has been activated, and waits there. */
const second = {
  'post-install': 'if [ -e "$SIGNALBOX_ROOT/broken" ]; then echo "no disk" >&2; exit 7; fi',
  health: 'touch "$SIGNALBOX_ROOT/activated"; if [ -e "$SIGNALBOX_ROOT/slow" ]; then sleep 3; fi',
};
const hosts = ['line-1', 'line-2', 'line-3'] as const;

const cards = () => site.slack.posts(channels.releases);
const thread = () => {
  const [incident] = site.slack.posts(channels.incidents);
  return incident ? site.slack.thread(incident) : [];
};
const incidentCard = (...words: string[]) =>
  saying(`an incident that says ${words.join(', ')}`, () => site.slack.posts(channels.incidents), ...words);
const noted = (...words: string[]) => saying(`a note that says ${words.join(', ')}`, thread, ...words);
const whispered = (user: string, ...words: string[]) =>
  saying(`an answer that says ${words.join(', ')}`, () => site.slack.whispers(user), ...words);

async function download(person: Person, version: string): Promise<void> {
  await until(`${version} from the feed`, async () => {
    const { items } = await site.rig.client.call('releases.list', {});
    return items.some((release) => release.version === version);
  });
  await person.command(`download orders ${version}`, channels.releases);
  await saying(`the download of ${version}`, cards, `Download of orders ${version}`, '✓ Succeeded');
}

/** Command, dialog, and the click of another person; resolves with the job's card once it says this. */
async function install(ana: Person, ben: Person, version: string, outcome: string): Promise<SlackMessage> {
  await ana.command(`install orders ${version}`, channels.releases);
  await fillIn(ana, { all: ['on'], waves: '100 %', reason: `${version} is due` });
  const approval = await saying('an approval', cards, 'Approval wanted', `Install of orders ${version}`);
  expect(textOf(approval)).toContain(`${version} is due`);
  await ana.press(approval, 'approval.approve');
  await whispered(users.ana, 'Not counted');
  await ben.press(approval, 'approval.approve');
  await saying('the approval by Ben', cards, '✓ Approved', `Install of orders ${version}`, 'by Ben Okoro');
  return saying(`the card of ${version}`, cards, `*Install of orders ${version}*`, outcome);
}

function buttonsOf(message: SlackMessage): string[] {
  return [...JSON.stringify(message.blocks).matchAll(/"action_id":"((?!link\.)[^"]+)"/g)].map(([, id]) => id ?? '');
}

/** The archive that stands in the incident's thread, as text. */
async function evidence(): Promise<string> {
  const note = await until('the evidence', () => thread().find(({ files }) => files.length > 0));
  return gunzipSync(note.files[0]?.content ?? Buffer.alloc(0)).toString('latin1');
}

/** What Slack would have refused. */
function refused() {
  return site.slack
    .calls()
    .filter(({ answer }) => answer['ok'] === false)
    .map(({ method, answer }) => `${method} ${JSON.stringify(answer)}`);
}

describe('recovery in Slack', () => {
  test('hosts that fail go back to their known-good release from the incident thread, and the incident is resolved there', async () => {
    site = await openSlackRig({
      hosts,
      releases: [{ version: '1.0.0' }, { version: '2.0.0', hooks: second }],
    });
    const { rig } = site;
    const [ana, ben] = await people();
    await download(ana, '1.0.0');
    await install(ana, ben, '1.0.0', '✓ Succeeded');
    await download(ana, '2.0.0');

    await rig.write('line-2', 'broken', '');
    await rig.write('line-1', 'slow', '');
    const failing = install(ana, ben, '2.0.0', '✗ Failed');
    // The line is gone after the switch: the host goes on with 2.0.0, and nobody knows whether it is well.
    await until('2.0.0 to be active on line-1', async () =>
      (await rig.read('line-1', 'orders/current/release.json')).includes('"2.0.0"'),
    );
    await rig.hosts.get('line-1')?.stop();
    const job = await failing;
    expect(textOf(job)).toContain('line-1');
    expect(textOf(job)).toContain('line-2');

    const incident = await incidentCard('✗ Open', 'asked for by Ana Soto', 'approved by Ben Okoro', 'line-1', 'line-2');
    await noted('line-2', 'no disk');
    const archive = await evidence();
    for (const words of ['SHA256SUMS', 'no disk', 'line-1', 'Ana Soto', 'Ben Okoro']) expect(archive).toContain(words);
    expect(textOf(thread().find(({ files }) => files.length > 0)!)).toContain(`<@${users.ana}>`);

    await ana.press(incident, 'incident.acknowledge');
    await incidentCard('Ana Soto has it');
    expect(buttonsOf(incident)).not.toContain('incident.acknowledge');

    await rig.revive('line-1');
    await until('line-1 to be seen again', async () => {
      const { items } = await rig.client.call('hosts.list', {});
      return items.find(({ name }) => name === 'line-1')?.liveness === 'live';
    });
    await ana.press(incident, 'incident.rollback');
    await fillIn(ana, { reason: '2.0.0 does not start' });
    await noted('Rollback of orders to 1.0.0', '✓ Succeeded');
    for (const host of ['line-1', 'line-2']) {
      expect(await rig.read(host, 'orders/current/release.json')).toContain('"1.0.0"');
    }
    expect(await rig.read('line-3', 'orders/current/release.json')).toContain('"2.0.0"');

    await ben.press(incident, 'incident.resolve');
    await whispered(users.ben, 'needs the role operator');
    await ana.press(incident, 'incident.resolve');
    await fillIn(ana, { resolution: 'Rolled back; the disk is replaced.' });
    await incidentCard('✓ Resolved', 'the disk is replaced');
    await until('no more buttons', () => buttonsOf(incident).length === 0);
    expect(site.slack.posts(channels.incidents)).toHaveLength(1);
    const { items: told } = await rig.client.call('activities.list', { limit: 200 });
    expect(JSON.stringify(told)).toContain(`/archives/${channels.incidents}/p${incident.ts.replace('.', '')}`);
    expect(refused()).toEqual([]);
  });

  test('without a known-good release the rollback contains: the product is held, the incident is escalated with its evidence', async () => {
    site = await openSlackRig({ hosts: ['line-1', 'line-2'], releases: [{ version: '1.0.0', hooks: second }] });
    await site.rig.write('line-1', 'broken', '');
    const [ana, ben] = await people();
    await download(ana, '1.0.0');
    await install(ana, ben, '1.0.0', '✗ Failed');
    const incident = await incidentCard('✗ Open', 'line-1');
    await ana.press(incident, 'incident.rollback');
    const dialog = await fillIn(ana, { reason: '1.0.0 does not start' });
    expect(JSON.stringify(dialog.view)).toContain('No known-good release');
    await saying('what has come of it', () => directly(users.ana), 'Contained', 'line-1');
    await noted('put a hold', 'orders in plant');

    await ana.press(incident, 'incident.escalate');
    const call = await noted('<!here>');
    expect(call.broadcast).toBe(true);
    const archive = await evidence();
    for (const words of ['SHA256SUMS', 'no disk', 'line-1']) expect(archive).toContain(words);

    await ana.command('install orders 1.0.0 on line-2', channels.releases);
    const next = await until('the dialog of the next install', () => {
      const open = ana.dialog();
      return open && JSON.stringify(open.view).includes('hold') ? open : null;
    });
    expect(JSON.stringify(next.view)).toMatch(/held|hold/);
    const { items } = await site.rig.client.call('jobs.list', {});
    expect(items.filter(({ kind }) => kind === 'rollback')).toEqual([]);
    expect(refused()).toEqual([]);
  });

  /** Ana operates, Ben approves; nobody installs in the plant alone. */
  async function people(): Promise<[Person, Person]> {
    await site.rig.client.call('approvalRules.save', { name: 'plant', match: { actions: ['install'] } });
    return [
      await site.linked(users.ana, 'Ana Soto', 'operator', 'approver'),
      await site.linked(users.ben, 'Ben Okoro', 'approver'),
    ];
  }

  /** What the bot has told somebody in their direct messages. */
  function directly(user: string): SlackMessage[] {
    const { channels: all, messages } = site.slack.workspace;
    const place = [...all.values()].find(({ im }) => im === user)?.id;
    return messages.filter(({ channel }) => channel === place);
  }
});
