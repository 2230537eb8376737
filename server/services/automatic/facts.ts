import {
  automaticEnvironments,
  automaticHosts,
  lastAttempts,
  type AutomaticEnvironment,
  type AutomaticHost,
} from '../../../db/queries/automatic.ts';
import { downloadedVersions } from '../../../db/queries/catalog.ts';
import type { Reader } from '../../../db/connect.ts';
import type { AutomaticFacts as HostFacts } from '../../domain/automatic-install.ts';
import type { Channel } from '../../domain/channel.ts';
import { isRecalled } from '../../domain/recall.ts';
import type { PipelineFacts } from '../pipeline/facts.ts';

/** What automation looks at beside the pipeline's own facts. */
export interface AutomaticFacts {
  environments: readonly (AutomaticEnvironment & { channelNow: Channel })[];
  hosts: ReadonlyMap<number, readonly AutomaticHost[]>;
  downloaded: readonly string[];
  /** By host: what was tried there last, of each release that is newest somewhere. */
  attempts: ReadonlyMap<number, HostFacts['attempts']>;
}

export async function readAutomaticFacts(reader: Reader, facts: PipelineFacts): Promise<AutomaticFacts> {
  const { id: productId } = facts.product;
  const environments = await automaticEnvironments(reader, productId);
  const hosts = await automaticHosts(
    reader,
    productId,
    environments.map(({ id }) => id),
  );
  const channels = new Map(
    [...new Set(environments.map(({ channel }) => channel))].map((name) => [name, channelOf(facts, name)]),
  );
  const wanted = facts.placed.filter(({ channel, demoted }) => channels.has(channel) && !demoted);
  const tried =
    environments.length === 0
      ? []
      : await lastAttempts(reader, productId, [...new Set(wanted.map(({ releaseId }) => releaseId))]);
  return {
    environments: environments.map((environment) => ({
      ...environment,
      channelNow: channels.get(environment.channel)!,
    })),
    hosts: Map.groupBy(hosts, ({ environmentId }) => environmentId),
    downloaded: environments.length === 0 ? [] : await downloadedVersions(reader, productId),
    attempts: Map.groupBy(tried, ({ hostId }) => hostId),
  };
}

/** The channel as the rules of deploying see it, with the mark of every recall. */
function channelOf({ product, byChannel, recalls }: PipelineFacts, name: string): Channel {
  const entries = (byChannel.get(name) ?? []).map(({ version, sequence, demoted, required }) => ({
    version,
    sequence,
    demoted,
    required,
    recalled: isRecalled(recalls, version),
  }));
  return { versioning: product.versioning, entries };
}
