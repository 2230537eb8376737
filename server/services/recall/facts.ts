import type { Reader } from '../../../db/connect.ts';
import { channelNamesFollowed } from '../../../db/queries/catalog.ts';
import { keepHosts } from '../../../db/queries/hosts.ts';
import { holdsStanding } from '../../../db/queries/holds.ts';
import { findProduct, type ProductRow } from '../../../db/queries/releases.ts';
import {
  catalogOf,
  hostsOnVersions,
  recallsStanding,
  rollOffsTried,
  versionsReported,
  type CatalogRelease,
  type StandingRow,
} from '../../../db/queries/recalls.ts';
import { windowsOfHosts } from '../../../db/queries/windows.ts';
import { Refusal } from '../../contracts/errors.ts';
import { isRecalled } from '../../domain/recall.ts';
import type { RollOffHost, RollOffSurroundings } from '../../domain/roll-off-plan.ts';
import { windowState } from '../../domain/windows.ts';
import type { Transaction } from '../context.ts';
import { installHosts } from '../install/facts.ts';
import type { InstallHost } from '../../domain/install-request.ts';

/** A host that runs a recalled release, as the rules and the waves see it. */
export interface RecalledHost {
  readonly host: InstallHost;
  readonly environmentId: number;
  readonly rule: RollOffHost;
}

export interface RecallFacts {
  readonly product: ProductRow;
  readonly recalls: readonly StandingRow[];
  /** The releases of the product, oldest first. */
  readonly catalog: readonly CatalogRelease[];
  /** Versions that hosts report. */
  readonly reported: readonly string[];
  readonly hosts: readonly RecalledHost[];
  readonly around: Omit<RollOffSurroundings, 'accepted'>;
}

/** A product by id. Throws `not_found`. */
export async function demandProduct(reader: Reader, productId: number): Promise<ProductRow> {
  const product = await findProduct(reader, productId);
  if (product) return product;
  throw new Refusal('not_found', `There is no product ${productId}. List them with GET /api/v1/products.`);
}

/**
 * Reads what becomes of the hosts that run recalled releases. `more`: recalls that are not open yet. `keep`: whoever makes
 * jobs of it holds the hosts where they are first.
 */
export async function readRecallFacts(
  reader: Reader,
  product: ProductRow,
  now: number,
  { more = [], keep }: { more?: readonly StandingRow[]; keep?: Transaction } = {},
): Promise<RecallFacts> {
  const recalls = [...(await recallsStanding(reader, product.id)), ...more];
  const catalog = await catalogOf(reader, product.id);
  const reported = await versionsReported(reader, product.id);
  const covered = reported.filter((version) => isRecalled(recalls, version));
  const running = await hostsOnVersions(reader, product.id, covered);
  const ids = running.map(({ hostId }) => hostId);
  if (keep) await keepHosts(keep, ids);
  const since = Math.min(...recalls.map(({ openedAt }) => openedAt), now);
  const tried = Map.groupBy(await rollOffsTried(reader, product.id, ids, since), ({ hostId }) => hostId);
  const windows = await windowsByHost(reader, ids, now);
  const hosts = new Map((await installHosts(reader, product.id, 0, ids)).map((host) => [host.id, host]));
  return {
    product,
    recalls,
    catalog,
    reported,
    hosts: running.flatMap(({ hostId, version, environmentId, underWay, busyWith }) => {
      const host = hosts.get(hostId);
      if (!host) return [];
      const window = windows.get(hostId) ?? ALWAYS;
      const rule = { ...host, version, underWay, busyWith, tried: tried.get(hostId) ?? [], ...window };
      return [{ host, environmentId, rule }];
    }),
    around: {
      product: product.name,
      recalls,
      holds: await holdsStanding(reader, now),
      downloaded: new Set(catalog.filter((release) => release.package === 'present').map(({ version }) => version)),
      channelNames: await channelNamesFollowed(reader, product.id),
    },
  };
}

const ALWAYS = { window: { open: true, nextOpen: null }, recallWaitsForWindow: false } as const;

async function windowsByHost(reader: Reader, hostIds: readonly number[], now: number) {
  const environments = await windowsOfHosts(reader, hostIds);
  return new Map(
    environments.flatMap(({ windows, recallWaitsForWindow, hostIds: own }) => {
      const window = { window: windowState(windows, now), recallWaitsForWindow };
      return own.map((hostId) => [hostId, window] as const);
    }),
  );
}
