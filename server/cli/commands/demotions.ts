import { command } from '../command.ts';
import { releaseNamed } from '../named.ts';
import { reasonIn, reasonOption } from '../reason.ts';
import { table } from '../text.ts';

export const demote = command(
  {
    summary: 'Take a release off a channel; nothing is withdrawn from hosts',
    args: ['product', 'version', 'channel'],
    options: {
      reason: reasonOption,
      'dry-run': { text: 'show what it would mean to each environment, and do nothing' },
    },
  },
  async (terminal, { product, version, channel }, given) => {
    const { id } = await releaseNamed(terminal.client, product, version);
    if (given['dry-run']) {
      const preview = await terminal.client.call('releases.demotionImpact', { id, channel });
      const rows = preview.environments.map((one) => [
        one.name,
        one.impact,
        `${one.running} of ${one.hosts}`,
        String(one.queued),
        one.sentence,
      ]);
      const heading = ['environment', 'impact', 'run it', 'queued', 'what happens'];
      terminal.show(preview, () => table(heading, rows, `no environment follows ${channel}`));
      return 'ok';
    }
    const why = reasonIn(given.reason, 'demote');
    const release = await terminal.client.call('releases.demote', { id, channel, reason: why });
    terminal.show(release, () => [`${product} ${version} is demoted on ${channel}`]);
    return 'ok';
  },
);

export const undemote = command(
  {
    summary: 'Make a demoted release active on its channel again',
    args: ['product', 'version', 'channel'],
    options: { reason: reasonOption },
  },
  async (terminal, { product, version, channel }, given) => {
    const why = reasonIn(given.reason, 'undemote');
    const { id } = await releaseNamed(terminal.client, product, version);
    const release = await terminal.client.call('releases.undemote', { id, channel, reason: why });
    terminal.show(release, () => [`${product} ${version} is active on ${channel} again`]);
    return 'ok';
  },
);
