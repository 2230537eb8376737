import { durationText, instantText } from '../../domain/wording.ts';
import type { Client } from '../../contracts/client.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { channelNamed, releaseNamed } from '../named.ts';
import { table } from '../text.ts';

const whyOption = { value: 'text', text: 'why; stands in the log' } as const;
const dryRun = { text: 'show what it would mean to each environment, and do nothing' } as const;

export const archive = command(
  {
    summary: 'Hide a release from the default list; it stays active and installable',
    args: ['product', 'version'],
    options: { reason: whyOption, 'dry-run': dryRun },
  },
  async (terminal, { product, version }, given) => {
    const { id } = await releaseNamed(terminal.client, product, version);
    if (given['dry-run']) {
      const preview = await terminal.client.call('releases.archiveImpact', { id });
      const rows = preview.environments.map((one) => [one.name, one.channel, one.sees ? 'sees it' : '', one.sentence]);
      terminal.show(preview, () => table(['environment', 'channel', '', 'what happens'], rows, NOBODY));
      return 'ok';
    }
    const release = await terminal.client.call('releases.archive', { id, reason: given.reason });
    terminal.show(release, () => [`${product} ${version} is archived`]);
    return 'ok';
  },
);

export const unarchive = command(
  {
    summary: 'Show an archived release in the default list again',
    args: ['product', 'version'],
    options: { reason: whyOption },
  },
  async (terminal, { product, version }, { reason }) => {
    const { id } = await releaseNamed(terminal.client, product, version);
    const release = await terminal.client.call('releases.unarchive', { id, reason });
    terminal.show(release, () => [`${product} ${version} is in the list again`]);
    return 'ok';
  },
);

const NOBODY = 'no environment follows a channel of it';

function requiredCommand(required: boolean) {
  const summary = required
    ? 'Mark a release as one that must not be skipped'
    : 'Unmark a required release: it may be skipped again';
  return command(
    { summary, args: ['product', 'version'], options: { reason: whyOption, 'dry-run': dryRun } },
    async (terminal, { product, version }, given) => {
      const { id } = await releaseNamed(terminal.client, product, version);
      if (given['dry-run']) {
        const asked = { id, required: required ? ('true' as const) : ('false' as const) };
        const preview = await terminal.client.call('releases.requiredImpact', asked);
        const rows = preview.environments.map((one) => [one.name, one.channel, one.effect, one.sentence]);
        terminal.show(preview, () => table(['environment', 'channel', 'effect', 'what happens'], rows, NOBODY));
        return 'ok';
      }
      const release = await terminal.client.call('releases.setRequired', { id, required, reason: given.reason });
      terminal.show(release, () => [`${product} ${version} ${required ? 'is required' : 'may be skipped'}`]);
      return 'ok';
    },
  );
}

export const require = requiredCommand(true);
export const unrequire = requiredCommand(false);

export const edit = command(
  {
    summary: 'Change notes or labels of a release',
    args: ['product', 'version'],
    options: {
      notes: { value: 'text', text: 'the notes, in Markdown' },
      labels: { value: 'key=value,…', text: 'all labels of it; empty for none' },
    },
  },
  async (terminal, { product, version }, { notes, labels }) => {
    if (notes === undefined && labels === undefined) throw new UsageError('edit needs --notes, --labels or both.');
    const { id } = await releaseNamed(terminal.client, product, version);
    const release = await terminal.client.call('releases.edit', {
      id,
      notes,
      labels: labels === undefined ? undefined : labelsIn(labels),
    });
    terminal.show(release, () => [`${product} ${version} is changed`]);
    return 'ok';
  },
);

function labelsIn(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}

export const history = command(
  { summary: 'Every entry of a channel, demoted ones too', args: ['product', 'channel'], options: {} },
  async (terminal, { product, channel }) => {
    const { id } = await channelNamed(terminal.client, product, channel);
    const shown = await terminal.client.call('channels.history', { id });
    const rows = shown.entries.map((entry) => [
      String(entry.sequence),
      entry.version,
      `${instantText(entry.promotedAt)} by ${entry.promotedBy}`,
      [entry.required ? 'required' : '', entry.archivedAt === null ? '' : 'archived'].filter(Boolean).join(', '),
      entry.demotion === null ? '' : demotionText(entry.demotion),
    ]);
    const heading = ['seq', 'version', 'promoted', 'marks', 'demoted'];
    terminal.show(shown, () => [
      shown.problem?.sentence ?? `${product}/${channel}: ${shown.head} is the newest`,
      ...table(heading, rows, 'no release was ever on it'),
    ]);
    return 'ok';
  },
);

function demotionText({ at, by, reason }: { at: number; by: string; reason: string }): string {
  return `${instantText(at)} by ${by}: ${reason}`;
}

export const adoption = command(
  { summary: 'Which release of a channel how many run', args: ['product', 'channel'], options: {} },
  async (terminal, { product, channel }) => {
    const { id } = await channelNamed(terminal.client, product, channel);
    const shown = await terminal.client.call('channels.adoption', { id });
    const rows = shown.releases.map((one) => [
      one.version ?? 'nothing',
      one.demoted ? 'demoted' : '',
      String(one.environments),
      String(one.hosts),
      one.behind === null ? '' : String(one.behind),
      one.ageMs === null ? '' : durationText(one.ageMs),
      inactiveText(one),
      one.lastSeenAt === null ? '' : instantText(one.lastSeenAt),
    ]);
    const heading = ['version', '', 'environments', 'hosts', 'behind', 'age', 'inactive', 'last seen'];
    terminal.show(shown, () => table(heading, rows, 'nobody follows it, and nothing is on it'));
    return 'ok';
  },
);

function inactiveText({
  inactiveEnvironments,
  inactiveHosts,
}: {
  inactiveEnvironments: number;
  inactiveHosts: number;
}) {
  if (inactiveEnvironments === 0 && inactiveHosts === 0) return '';
  return `${inactiveEnvironments} environments, ${inactiveHosts} hosts`;
}

export const matrix = command(
  { summary: 'Environments by product: what runs where, what is next, what blocks it', args: [], options: {} },
  async (terminal) => {
    const { products, environments } = await wholeMatrix(terminal.client);
    const names = new Map(products.map(({ id, name }) => [id, name]));
    const rows = environments.flatMap(({ name, cells }) =>
      cells.map((cell) => [
        name,
        names.get(cell.productId) ?? '',
        cell.channel,
        cell.runs.map(({ version, failed }) => `${version ?? 'nothing'}${failed ? ' (failed)' : ''}`).join(', '),
        cell.next ?? '',
        cell.presence === 'active' ? '' : cell.presence.replace('_', ' '),
        cell.blocked?.sentence ?? '',
      ]),
    );
    const heading = ['environment', 'product', 'channel', 'runs', 'next', '', 'blocked by'];
    terminal.show({ products, environments }, () => table(heading, rows, 'no environment follows anything yet'));
    return 'ok';
  },
);

/** Every page of it as one. */
async function wholeMatrix(client: Client) {
  const first = await client.call('matrix.show', { limit: 500 });
  const environments = [...first.items];
  for (let after = first.next; after !== null;) {
    const more = await client.call('matrix.show', { limit: 500, after });
    environments.push(...more.items);
    after = more.next;
  }
  return { products: first.products, environments };
}
