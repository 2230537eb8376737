import { isDeepStrictEqual } from 'node:util';
import { touchRows } from '../../../db/queries/fleet.ts';
import { updateClient, type ClientPlace } from '../../../db/queries/clients.ts';
import type { CheckedBy } from '../../../db/schema/client.ts';
import type { Channel } from '../../domain/channel.ts';
import type { CachedRelease, Client } from '../../domain/client.ts';
import { checked, visibleReleases } from '../../domain/visibility.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { clientIn } from './subjects.ts';

interface Check {
  by: CheckedBy;
  /** What the channel stated when the client asked; what it states now. They differ when the client was slow. */
  answer: Channel;
  channel: Channel;
  /** ETag of the answer; null: it was none that travelled. */
  tag: string | null;
}

/** What a check changed for the client, by version, newest first. */
export interface CheckOutcome {
  appeared: string[];
  disappeared: string[];
}

/**
 * A version check that succeeded: the client has the whole answer, and its installer makes of it what the rules say.
 * The caller holds the client's lock. Rule: section 4 (what `check` does).
 */
export async function takeOver(
  tx: Transaction,
  occasion: Occasion,
  place: ClientPlace,
  { by, answer, channel, tag }: Check,
): Promise<CheckOutcome> {
  const before = clientIn(channel, place);
  const after = checked(answer, clientIn(answer, place));
  const [saw, sees] = [versionsSeen(channel, before), versionsSeen(channel, after)];
  const outcome = {
    appeared: sees.filter((version) => !saw.includes(version)),
    disappeared: saw.filter((version) => !sees.includes(version)),
  };
  const cache = cacheColumn(after);
  await updateClient(tx, place.row.id, {
    cache,
    deployed: deployedColumn(after),
    checkedAt: occasion.now,
    checkedBy: by,
    checkProblem: null,
    offered: null,
    offeredTag: null,
    fetchedTag: tag,
  });
  // Checks that find nothing new are made every few hours by every client: nobody wants to read them.
  const news = by === 'person' || place.row.checkProblem !== null || !isDeepStrictEqual(before.cache, cache);
  if (news) await tell(tx, occasion, place, { by, ...outcome });
  return outcome;
}

/** A check that failed changes nothing; why it did is shown until one succeeds. Rule: section 4. */
export async function noteFailedCheck(
  tx: Transaction,
  occasion: Occasion,
  place: ClientPlace,
  problem: { code: string; sentence: string },
): Promise<void> {
  await updateClient(tx, place.row.id, { checkProblem: problem });
  if (place.row.checkProblem?.sentence !== problem.sentence) {
    await tell(tx, occasion, place, { problem: problem.sentence });
  }
}

async function tell(tx: Transaction, occasion: Occasion, place: ClientPlace, detail: Record<string, unknown>) {
  await touchRows(tx, 'environment', [place.environment.id]);
  await record(tx, occasion, 'environment.checked', [place.environment.id], { product: place.product.name, ...detail });
}

function versionsSeen(channel: Channel, client: Client): string[] {
  return visibleReleases(channel, client).map(({ version }) => version);
}

/** As it reads back: what a release does not say is not stored. */
function cacheColumn({ cache }: Client): CachedRelease[] {
  return JSON.parse(JSON.stringify(cache)) as CachedRelease[];
}

/** What runs, without its place. */
export function deployedColumn({ deployed }: Client) {
  return deployed && { version: deployed.version, failed: deployed.failed, required: deployed.required };
}
