import type { Reader } from '../../../db/connect.ts';
import { channelsById, downloadedVersions } from '../../../db/queries/catalog.ts';
import {
  clientPlaces,
  runningOn,
  type ClientPlace,
  type Running,
  type WhichClients,
} from '../../../db/queries/clients.ts';
import { INACTIVE_AFTER_MS } from '../../domain/adoption.ts';
import { positionOf, type Channel } from '../../domain/channel.ts';
import { newClient, type Client } from '../../domain/client.ts';
import { installerNamed } from '../../domain/installer.ts';

/** One client as the rules see it; of a managed environment one for each version that its hosts report. */
export interface Seat {
  readonly client: Client;
  /** Active hosts behind it; null: it is not ours to count. */
  readonly hosts: number | null;
  /** Of these, how many have been silent for a day. */
  readonly silent: number;
  /** When it was last heard of, epoch milliseconds. */
  readonly lastSeenAt: number | null;
}

/** A client record with everything that decides what it sees. */
export interface Subject {
  readonly place: ClientPlace;
  readonly channel: Channel;
  readonly seats: readonly Seat[];
}

/** Clients as the rules of section 4 see them, by environment and product. `now`: epoch milliseconds. */
export async function clientSubjects(reader: Reader, which: WhichClients, now: number): Promise<Subject[]> {
  const places = await clientPlaces(reader, which);
  const channels = await channelsById(reader, [...new Set(places.map(({ channel }) => channel.id))]);
  const managed = places.filter(({ environment }) => environment.installerMethod === 'managed');
  const running = await runningOn(
    reader,
    [...new Set(managed.map(({ environment }) => environment.id))],
    now - INACTIVE_AFTER_MS,
  );
  const reports = Map.groupBy(running, ({ environmentId, productId }) => `${environmentId} ${productId}`);
  const packages = new Map<number, string[]>();
  for (const { product } of managed) {
    if (!packages.has(product.id)) packages.set(product.id, await downloadedVersions(reader, product.id));
  }
  return places.map((place) => {
    const channel = channels.get(place.channel.id) ?? { versioning: place.product.versioning, entries: [] };
    const own = reports.get(`${place.environment.id} ${place.product.id}`) ?? [];
    const downloaded = packages.get(place.product.id) ?? [];
    const isManaged = place.environment.installerMethod === 'managed';
    const seats = isManaged ? managedSeats(channel, own, downloaded) : [ownSeat(channel, place)];
    return { place, channel, seats };
  });
}

/** The client as its record has it. */
export function clientIn(channel: Channel, { row, environment }: ClientPlace): Client {
  const { deployed, cache } = row;
  const installer = installerNamed(environment.installerMethod, environment.installerVersion);
  const placed = deployed && { ...deployed, ...positionOf(channel, deployed.version) };
  return { installer, cache, deployed: placed, downloaded: [] };
}

function ownSeat(channel: Channel, place: ClientPlace): Seat {
  const { seenAt, checkedAt } = place.row;
  return { client: clientIn(channel, place), hosts: null, silent: 0, lastSeenAt: latest(seenAt, checkedAt) };
}

/** Nobody reports yet: one that runs nothing still sees what there is. */
function managedSeats(channel: Channel, running: readonly Running[], downloaded: readonly string[]): Seat[] {
  const none = { version: null, hosts: 0, silent: 0, lastContactAt: null };
  const reported = running.length > 0 ? running : [none];
  return reported.map(({ version, hosts, silent, lastContactAt }) => {
    const deployed = version === null ? null : { ...positionOf(channel, version), failed: false, required: false };
    const client = { ...newClient({ method: 'managed' }), downloaded, deployed };
    return { client, hosts, silent, lastSeenAt: lastContactAt };
  });
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
