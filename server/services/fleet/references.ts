import type { DeclaredApproval, FleetFile } from '../../contracts/fleet.ts';
import { pipelineProblems } from '../../contracts/pipeline-file.ts';
import type { FleetProblem, Path } from './read-file.ts';

/** What is in the database besides the file: a file may refer to what another file declares. */
export interface KnownNames {
  /** Channel names by product. */
  channels: ReadonlyMap<string, readonly string[]>;
  environments: ReadonlySet<string>;
}

/** Everything in a fleet file that refers to nothing, or says the same name twice. */
export function referenceProblems(declared: FleetFile, known: KnownNames): FleetProblem[] {
  const channels = new Map(known.channels);
  for (const product of declared.products) channels.set(product.name, product.channels);
  const environments = new Set([...known.environments, ...declared.environments.map(({ name }) => name)]);
  return [
    ...repeated('products', declared.products),
    ...repeated('environments', declared.environments),
    ...repeated('hosts', declared.hosts),
    ...repeated('approvals', declared.approvals),
    ...declared.approvals.flatMap(({ match }, i) => unmatchable(match, channels, ['approvals', i, 'match'])),
    ...declared.products.flatMap(({ channels: names, entryChannels }, i) => [
      ...repeatedNames(['products', i, 'channels'], names),
      ...repeatedNames(['products', i, 'entryChannels'], entryChannels),
    ]),
    ...declared.products.flatMap((product, i) => unknownEntryChannels(product, ['products', i, 'entryChannels'])),
    ...declared.products.flatMap((product, i) => unreadableCharts(product, ['products', i, 'feed'])),
    ...declared.environments.flatMap((environment, i) =>
      chartsOnHosts(declared, environment, ['environments', i, 'subscriptions']),
    ),
    ...declared.products.flatMap((product, i) => keylessDemand(product, ['products', i, 'signatureRequired'])),
    ...declared.products.flatMap((product, i) => pipelineFaultsOf(product, ['products', i, 'pipeline'])),
    ...declared.environments.flatMap((environment, i) =>
      Object.entries(environment.subscriptions).flatMap(([product, channel]) =>
        unknownSubscription(channels.get(product), product, channel, ['environments', i, 'subscriptions', product]),
      ),
    ),
    ...declared.hosts.flatMap((host, i) =>
      environments.has(host.environment)
        ? []
        : [{ path: ['hosts', i, 'environment'], message: `there is no environment ${host.environment}. Declare it.` }],
    ),
  ];
}

function repeated(section: string, items: readonly { name: string }[]): FleetProblem[] {
  const names = items.map(({ name }) => name);
  return repeatedNames([section], names).map(({ path, message }) => ({ path: [...(path ?? []), 'name'], message }));
}

function repeatedNames(path: Path, names: readonly string[]): FleetProblem[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (seen.has(name)) return [{ path: [...path, index], message: `${name} is declared twice` }];
    seen.add(name);
    return [];
  });
}

function unknownEntryChannels({ channels, entryChannels }: FleetFile['products'][number], path: Path): FleetProblem[] {
  return entryChannels.flatMap((name, index) =>
    channels.includes(name)
      ? []
      : [{ path: [...path, index], message: `${name} is not one of the product's channels: ${channels.join(', ')}` }],
  );
}

/** A folder feed reads what packages say of themselves in their release.json, which a chart does not have. */
function unreadableCharts({ artifact, feed }: FleetFile['products'][number], path: Path): FleetProblem[] {
  if (artifact !== 'chart' || !feed || 'http' in feed) return [];
  return [{ path, message: 'charts need an http feed, whose index.json says what they are. Write { http: … }.' }];
}

/** Hosts install packages; a chart is installed by Helm, in somebody's cluster. */
function chartsOnHosts(
  { products }: FleetFile,
  { installer, subscriptions }: FleetFile['environments'][number],
  path: Path,
): FleetProblem[] {
  if (installer !== 'managed') return [];
  const charts = products.filter(({ artifact, name }) => artifact === 'chart' && name in subscriptions);
  return charts.map(({ name }) => ({
    path: [...path, name],
    message: `${name} is a chart, which managed hosts cannot install. Say installer: helm.`,
  }));
}

function keylessDemand({ signatureRequired, signingKeys }: FleetFile['products'][number], path: Path): FleetProblem[] {
  if (!signatureRequired || signingKeys.length > 0) return [];
  return [{ path, message: 'a signature is demanded, but there are no signingKeys to verify it with. Add one.' }];
}

/** Every fault of a pipeline, at the stage or the field that it is about. Rule: section 7. */
function pipelineFaultsOf({ pipeline, channels }: FleetFile['products'][number], path: Path): FleetProblem[] {
  if (!pipeline) return [];
  return pipelineProblems(pipeline, channels).map(({ path: at, message }) => ({ path: [...path, ...at], message }));
}

/** A rule with a name mistyped would guard nothing, and nobody would notice. */
export function unmatchable(
  { products, channels: named }: DeclaredApproval['match'],
  channels: ReadonlyMap<string, readonly string[]>,
  path: Path,
): FleetProblem[] {
  const known = new Set((products ?? [...channels.keys()]).flatMap((product) => channels.get(product) ?? []));
  return [
    ...(products ?? []).flatMap((product, i) =>
      channels.has(product)
        ? []
        : [{ path: [...path, 'products', i], message: `there is no product ${product}. Declare it.` }],
    ),
    ...(named ?? []).flatMap((channel, i) =>
      known.has(channel)
        ? []
        : [{ path: [...path, 'channels', i], message: `no product here has a channel ${channel}.` }],
    ),
  ];
}

function unknownSubscription(
  channels: readonly string[] | undefined,
  product: string,
  channel: string,
  path: Path,
): FleetProblem[] {
  if (!channels) return [{ path, message: `there is no product ${product}. Declare it.` }];
  if (channels.includes(channel)) return [];
  return [{ path, message: `${product} has no channel ${channel}. It has ${channels.join(', ')}.` }];
}
