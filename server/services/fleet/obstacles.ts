import { hostsWithTasks, lockRows, unendedTasks, versionsOf } from '../../../db/queries/fleet.ts';
import { labelProblem } from '../../domain/versions.ts';
import { counted, listed } from '../../domain/wording.ts';
import type { Transaction } from '../context.ts';
import type { Existing } from './declared.ts';
import type { Change } from './difference.ts';
import type { FleetProblem } from './read-file.ts';

/** What the database says beside the declarations: work on hosts, and what products have published. */
export interface Standing {
  /** By host id: the job that has a task there which has not ended. */
  tasks: Awaited<ReturnType<typeof unendedTasks>>;
  /** Hosts that some job tells of. */
  past: ReadonlySet<number>;
  /** Version labels by product id. */
  versions: ReadonlyMap<number, readonly string[]>;
}

/**
 * Reads it for what is about to change or go. `hold`: those rows are held first, so that no task starts and no release
 * is published between this look and the change.
 */
export async function readStanding(
  tx: Transaction,
  changes: readonly Change[],
  gone: readonly Existing[],
  hold: boolean,
): Promise<Standing> {
  const goneIds = (kind: string) => gone.filter((entity) => entity.kind === kind).map(({ id }) => id);
  const changedIds = (kind: string, fields: readonly string[]) =>
    changes.flatMap((change) =>
      change.existing?.kind === kind && change.fields.some(({ field }) => fields.includes(field))
        ? [change.existing.id]
        : [],
    );
  const hosts = [...goneIds('host'), ...changedIds('host', Object.keys(boundBy))];
  const products = [...goneIds('product'), ...changedIds('product', ['versioning'])];
  if (hold) {
    await lockRows(tx, 'product', products);
    await lockRows(tx, 'host', hosts);
  }
  return {
    tasks: await unendedTasks(tx, hosts),
    past: await hostsWithTasks(tx, goneIds('host')),
    versions: await versionsOf(tx, products),
  };
}

/**
 * From when on a task binds a field of its host. A job was judged for the host in its environment, role and life; once
 * the task runs, its attempt lives behind this connection and root: another machine there would run every hook again.
 */
const boundBy = {
  environment: 'pending',
  role: 'pending',
  life: 'pending',
  connection: 'running',
  root: 'running',
} as const satisfies Record<string, 'pending' | 'running'>;

/** What the file changes although it cannot now. */
export function changeObstacles(changes: readonly Change[], standing: Standing): FleetProblem[] {
  return changes.flatMap(({ declared: { kind, name, path }, existing, fields }): FleetProblem[] => {
    if (!existing) return [];
    const messages = fields.flatMap((change) => {
      if (kind === 'host') return hostObstacle(existing.id, change, standing) ?? [];
      return kind === 'product' && change.field === 'versioning'
        ? (versioningObstacle(existing.id, change, standing) ?? [])
        : [];
    });
    return messages.map((message) => ({ path, message: `${kind} ${name}: ${message}` }));
  });
}

function hostObstacle(id: number, { field, to }: Change['fields'][number], { tasks }: Standing): string | null {
  const task = tasks.get(id);
  const from = boundBy[field as keyof typeof boundBy] as 'pending' | 'running' | undefined;
  if (!task || !from || (from === 'running' && !task.running) || (field === 'life' && to === 'active')) return null;
  const work = task.running ? `a task of job ${task.jobId} runs on it` : `job ${task.jobId} has yet to reach it`;
  return `its ${field} cannot change now, ${work}. Wait for that job or cancel it, then apply again`;
}

function versioningObstacle(id: number, { to }: Change['fields'][number], { versions }: Standing): string | null {
  if (to !== 'semver') return null;
  const bad = (versions.get(id) ?? []).filter((version) => labelProblem('semver', version) !== null);
  if (bad.length === 0) return null;
  return `it cannot be ordered by SemVer, ${counted(bad.length, 'release')} of it ${bad.length === 1 ? 'is' : 'are'} not: ${listed(bad.slice(0, 3))}. Leave versioning as it is`;
}

/** What a file declares no more and yet cannot go, seen as everything stands after the change. */
export function removalObstacles(
  gone: readonly Existing[],
  changes: readonly Change[],
  existing: readonly Existing[],
  standing: Standing,
): FleetProblem[] {
  const after = remaining(gone, changes, existing, standing);
  return gone.flatMap((entity): FleetProblem[] => {
    const why = whyNot(entity, after, standing);
    if (why === null) return [];
    const message = `${entity.kind} ${entity.name} cannot be removed, ${why}. Keep it in the file for now`;
    return [{ path: null, message }];
  });
}

interface Remaining {
  /** Names of hosts by environment. */
  hosts: ReadonlyMap<string, readonly string[]>;
  /** Names of environments by product, and by `product/channel`. */
  followers: ReadonlyMap<string, readonly string[]>;
}

function remaining(
  gone: readonly Existing[],
  changes: readonly Change[],
  existing: readonly Existing[],
  { past }: Standing,
): Remaining {
  const declared = new Set(changes.map(({ declared: { kind, name } }) => `${kind} ${name}`));
  const removed = new Set(
    gone.filter(({ kind, id }) => kind !== 'host' || !past.has(id)).map(({ kind, name }) => `${kind} ${name}`),
  );
  const others = existing.filter(
    ({ kind, name }) => !declared.has(`${kind} ${name}`) && !removed.has(`${kind} ${name}`),
  );
  const after = [...changes.map((change) => change.declared), ...others];
  const hosts = Map.groupBy(
    after.filter(({ kind }) => kind === 'host'),
    ({ parent }) => parent ?? '',
  );
  const follows = after.flatMap(({ name, follows: channels }) =>
    Object.entries(channels ?? {}).flatMap(([product, channel]) => [
      { name, what: product },
      { name, what: `${product}/${channel}` },
    ]),
  );
  return {
    hosts: new Map([...hosts].map(([environment, own]) => [environment, own.map(({ name }) => name)])),
    followers: new Map(
      [...Map.groupBy(follows, ({ what }) => what)].map(([what, who]) => [what, who.map(({ name }) => name)]),
    ),
  };
}

function whyNot({ kind, id, name, row }: Existing, after: Remaining, standing: Standing): string | null {
  if (kind === 'rule' || kind === 'pipeline') return null;
  const task = standing.tasks.get(id);
  if (kind === 'host') return task ? `job ${task.jobId} has a task on it that has not ended` : null;
  const followers = after.followers.get(name);
  if (followers) return `${some(followers)} ${followers.length === 1 ? 'follows' : 'follow'} it`;
  if (kind === 'product') return standing.versions.has(id) ? 'it has releases' : null;
  if (kind === 'channel') return Number(row['lastSequence']) > 0 ? 'releases have been promoted to it' : null;
  const hosts = after.hosts.get(name);
  return hosts
    ? `${some(hosts)} ${hosts.length === 1 ? 'belongs' : 'belong'} to it (hosts that jobs tell of are retired, not removed)`
    : null;
}

function some(names: readonly string[]): string {
  return names.length <= 3 ? listed(names) : `${listed(names.slice(0, 3))} and ${names.length - 3} more`;
}
