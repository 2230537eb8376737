import type { FleetKind, FleetRows } from '../../../db/queries/fleet.ts';
import { approvalRuleOf, healthCheckOf, type FleetFile } from '../../contracts/fleet.ts';
import { scheduleOf } from '../../contracts/maintenance.ts';
import { pipelineOf } from '../../contracts/pipeline-file.ts';
import type { Path } from './read-file.ts';

/** One entity as the file declares it, in the columns of its row. `follows` is what an environment subscribes to. */
export interface Declared {
  kind: FleetKind;
  /** Unique within its kind: channels are `product/channel`, a pipeline has the name of its product. */
  name: string;
  path: Path;
  values: Record<string, unknown>;
  /** Name of what it belongs to: a channel's product, a host's environment. */
  parent: string | null;
  follows: Record<string, string> | null;
}

/** The file as a list of entities, parents before what belongs to them. */
export function declaredEntities(file: FleetFile): Declared[] {
  return [
    ...file.products.map((product, i): Declared => ({
      kind: 'product',
      name: product.name,
      path: ['products', i],
      values: productColumns(product),
      parent: null,
      follows: null,
    })),
    ...file.products.flatMap(({ name: product, channels }, i) =>
      channels.map((name, c): Declared => ({
        kind: 'channel',
        name: `${product}/${name}`,
        path: ['products', i, 'channels', c],
        values: { name },
        parent: product,
        follows: null,
      })),
    ),
    ...file.products.flatMap(({ name, pipeline }, i): Declared[] =>
      pipeline
        ? [
            {
              kind: 'pipeline',
              name,
              path: ['products', i, 'pipeline'],
              values: { ...pipelineOf(pipeline) },
              parent: name,
              follows: null,
            },
          ]
        : [],
    ),
    ...file.environments.map((environment, i): Declared => ({
      kind: 'environment',
      name: environment.name,
      path: ['environments', i],
      values: environmentColumns(environment),
      parent: null,
      follows: environment.subscriptions,
    })),
    ...file.hosts.map(({ name, environment, role, labels, root, life, ssh, become, healthCheck }, i): Declared => ({
      kind: 'host',
      name,
      path: ['hosts', i],
      values: {
        name,
        role,
        labels,
        root,
        life,
        connection: connectionColumn(ssh, become),
        healthCheck: healthCheckOf(healthCheck),
      },
      parent: environment,
      follows: null,
    })),
    ...file.approvals.map((rule, i): Declared => ({
      kind: 'rule',
      name: rule.name,
      path: ['approvals', i],
      values: { name: rule.name, rule: approvalRuleOf(rule) },
      parent: null,
      follows: null,
    })),
  ];
}

function productColumns(product: FleetFile['products'][number]) {
  const { feed, slack, healthCheck, channels: _channels, pipeline: _pipeline, ...columns } = product;
  return { ...columns, feed: feedColumn(feed), healthCheck: healthCheckOf(healthCheck), ...slackColumns(slack) };
}

function feedColumn(feed: FleetFile['products'][number]['feed']) {
  if (!feed) return null;
  return 'http' in feed ? { kind: 'http', url: feed.http } : { kind: 'folder', path: feed.folder };
}

function slackColumns({ channel, escalation }: FleetFile['products'][number]['slack']) {
  return { slackChannel: channel ?? null, slackEscalation: escalation ?? null };
}

function environmentColumns(environment: FleetFile['environments'][number]) {
  const { installer, slack, checkEvery, maintenance, subscriptions: _follows, ...values } = environment;
  const windows = scheduleOf(maintenance);
  return { ...values, checkEveryMs: checkEvery, windows, ...installerColumns(installer), ...slackColumns(slack) };
}

function installerColumns(installer: FleetFile['environments'][number]['installer']) {
  return typeof installer === 'string'
    ? { installerMethod: installer, installerVersion: null }
    : { installerMethod: installer.method, installerVersion: installer.version };
}

function connectionColumn(ssh: FleetFile['hosts'][number]['ssh'], become: 'none' | 'sudo') {
  return { ...(ssh ?? { transport: 'local' }), ...(become === 'sudo' ? { become } : {}) };
}

/** One entity as the database has it, in the same form. */
export interface Existing {
  kind: FleetKind;
  id: number;
  name: string;
  managedBy: string | null;
  row: Record<string, unknown>;
  parent: string | null;
  follows: Record<string, string> | null;
}

export function existingEntities(rows: FleetRows): Existing[] {
  const productName = new Map(rows.products.map(({ id, name }) => [id, name]));
  const channelName = new Map(rows.channels.map(({ id, name }) => [id, name]));
  const environmentName = new Map(rows.environments.map(({ id, name }) => [id, name]));
  const follows = Map.groupBy(rows.subscriptions, ({ environmentId }) => environmentId);
  const base = (row: { id: number; managedBy: string | null }) => ({ id: row.id, managedBy: row.managedBy, row });
  return [
    ...rows.products.map((row): Existing => ({
      ...base(row),
      kind: 'product',
      name: row.name,
      parent: null,
      follows: null,
    })),
    ...rows.channels.map((row): Existing => {
      const parent = productName.get(row.productId) ?? '';
      return { ...base(row), kind: 'channel', name: `${parent}/${row.name}`, parent, follows: null };
    }),
    ...rows.pipelines.map((row): Existing => {
      const name = productName.get(row.productId) ?? '';
      return { ...base(row), kind: 'pipeline', name, parent: name, follows: null };
    }),
    ...rows.environments.map((row): Existing => ({
      ...base(row),
      kind: 'environment',
      name: row.name,
      parent: null,
      follows: Object.fromEntries(
        (follows.get(row.id) ?? []).map((s) => [productName.get(s.productId), channelName.get(s.channelId)]),
      ),
    })),
    ...rows.hosts.map((row): Existing => ({
      ...base(row),
      kind: 'host',
      name: row.name,
      parent: environmentName.get(row.environmentId) ?? '',
      follows: null,
    })),
    ...rows.rules.map((row): Existing => ({ ...base(row), kind: 'rule', name: row.name, parent: null, follows: null })),
  ];
}
