import { instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { followJob, jobLine } from '../follow-job.ts';
import { everyHost, productNamed, releaseNamed, releasesOf } from '../named.ts';
import { bytesText, table } from '../text.ts';

export const products = command({ summary: 'List products', args: [], options: {} }, async (terminal) => {
  const answer = await terminal.client.call('products.list', {});
  const rows = answer.items.map((product) => [
    product.name,
    product.versioning,
    product.feedCheckedAt === null ? 'never checked' : instantText(product.feedCheckedAt),
    product.feedProblem?.sentence ?? '',
  ]);
  terminal.show(answer, () => table(['product', 'versioning', 'checked', 'problem'], rows, 'no products yet'));
  return 'ok';
});

export const releases = command(
  {
    summary: 'List releases, newest first',
    args: [],
    options: {
      product: { value: 'name', text: 'only of this product' },
      archived: { text: 'archived ones too' },
    },
  },
  async (terminal, _args, { product, archived }) => {
    const all = (await terminal.client.call('products.list', {})).items;
    const wanted = product === undefined ? all : [await productNamed(terminal.client, product)];
    const lists = await Promise.all(wanted.map((one) => releasesOf(terminal.client, one, archived === true)));
    const items = lists.flat().sort((a, b) => b.publishedAt - a.publishedAt || b.id - a.id);
    const names = new Map(all.map(({ id, name }) => [id, name]));
    const rows = items.map((release) => [
      names.get(release.productId) ?? '',
      release.version,
      release.package,
      bytesText(release.size),
      release.channels.join(','),
      release.conflict?.sentence ?? release.downloadProblem?.sentence ?? '',
    ]);
    const heading = ['product', 'version', 'package', 'size', 'channels', 'problem'];
    terminal.show({ items }, () => table(heading, rows, 'no releases yet'));
    return 'ok';
  },
);

export const check = command(
  { summary: 'Check the feed of a product now', args: ['product'], options: {} },
  async (terminal, { product }) => {
    const { id } = await productNamed(terminal.client, product);
    const answer = await terminal.client.call('products.check', { id });
    terminal.show(answer, () => [`asked for a check of ${product}; signalbox releases shows what it finds`]);
    return 'ok';
  },
);

export const download = command(
  {
    summary: 'Download and verify the package of a release',
    args: ['product', 'version'],
    options: { wait: { text: 'wait for its end' } },
  },
  async (terminal, { product, version }, { wait }) => {
    const release = await releaseNamed(terminal.client, product, version);
    const job = await terminal.client.call('releases.download', { id: release.id });
    if (wait) return followJob(terminal, job.id);
    terminal.show(job, () => [jobLine(job)]);
    return 'ok';
  },
);

export const hosts = command(
  {
    summary: 'List hosts by name',
    args: [],
    options: { environment: { value: 'name', text: 'only of this environment' } },
  },
  async (terminal, _args, { environment }) => {
    const items = await everyHost(terminal.client, environment);
    const rows = items.map((host) => [
      host.name,
      host.role,
      host.life,
      host.liveness,
      host.reported.map(({ version }) => version).join(','),
      host.livenessProblem?.sentence ?? '',
    ]);
    const heading = ['host', 'role', 'life', 'liveness', 'runs', 'problem'];
    terminal.show({ items }, () => table(heading, rows, 'no hosts yet; declare them with signalbox apply'));
    return 'ok';
  },
);
