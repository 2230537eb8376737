import { holdsStanding } from '../../../db/queries/holds.ts';
import { listProductViews } from '../../../db/queries/lists.ts';
import { environmentList, environmentsWhere } from '../../../db/queries/sorted-lists.ts';
import { countRows, sortedIds } from '../../../db/queries/sorted.ts';
import { environmentViews } from '../../../db/queries/views.ts';
import { presence, versionsBehind } from '../../domain/adoption.ts';
import { decideHolds, type Hold } from '../../domain/holds.ts';
import { nextStep, type NextStep } from '../../domain/outlook.ts';
import type { Reason } from '../../domain/reason.ts';
import { positionOf, type Channel } from '../../domain/channel.ts';
import { headVersion, lastSeen } from '../client/show.ts';
import { clientSubjects, type Seat, type Subject } from '../client/subjects.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

interface ShowMatrix extends SortedInput<keyof typeof environmentList.columns> {
  search?: string | undefined;
}

/** Environment × product: what runs where, what is next, what blocks it. A page of environments, by name unless sorted. */
export const showMatrix = verb('client.read', async (ctx, _actor, { search, ...input }: ShowMatrix) => {
  const now = ctx.clock.now();
  const where = environmentsWhere({ search });
  const { items, ...page } = await sortedPage(
    input,
    'name',
    (seek, limit) => sortedIds(ctx.db, environmentList, where, seek, limit),
    (ids) => environmentViews(ctx.db, ids),
  );
  const subjects = await clientSubjects(ctx.db, { environmentIds: items.map(({ id }) => id) }, now);
  const holds = await holdsStanding(ctx.db, now);
  const byEnvironment = Map.groupBy(subjects, ({ place }) => place.environment.id);
  const products = (await listProductViews(ctx.db)).map((product) => ({ id: product.id, name: product.name }));
  const wayOf = rememberedWay();
  const rows = items.map(({ id, name, labels }) => ({
    id,
    name,
    labels,
    cells: (byEnvironment.get(id) ?? []).map((subject) => cellOf(subject, wayOf, holds, now)),
  }));
  return { products, items: rows, ...page, total: await countRows(ctx.db, environmentList, where) };
});

type WayOf = (subject: Subject, seat: Seat, head: string | null) => NextStep;

/** Managed environments of one channel that run the same version have the same way: it is worked out once. */
function rememberedWay(): WayOf {
  const known = new Map<Channel, Map<string | null, NextStep>>();
  return ({ channel }, { client }, head) => {
    if (client.installer.method !== 'managed') return nextStep(channel, client, head);
    const ways = known.get(channel) ?? new Map<string | null, NextStep>();
    known.set(channel, ways);
    const runs = client.deployed?.version ?? null;
    const way = ways.get(runs) ?? nextStep(channel, client, head);
    ways.set(runs, way);
    return way;
  };
}

function cellOf(subject: Subject, wayOf: WayOf, holds: readonly Hold[], now: number) {
  const { place, channel, seats } = subject;
  const head = headVersion(subject);
  const steps = seats.map((seat) => ({ seat, step: stepOf(subject, wayOf(subject, seat, head), holds, now) }));
  // Of hosts that run different releases, the one whose way is blocked, else the first that has a way to go.
  const shown = steps.find(({ step }) => step.blocked) ?? steps.find(({ step }) => step.next) ?? steps[0];
  const lastSeenAt = lastSeen(subject);
  return {
    clientId: place.row.id,
    productId: place.product.id,
    channelId: place.channel.id,
    channel: place.channel.name,
    runs: seats.map(({ client: { deployed }, hosts }) => ({
      version: deployed?.version ?? null,
      hosts,
      failed: deployed?.failed ?? false,
      behind: deployed ? versionsBehind(channel, deployed.version) : null,
    })),
    next: shown?.step.next ?? null,
    head,
    blocked: shown?.step.blocked ?? null,
    lastSeenAt,
    presence: presence(now, lastSeenAt),
  };
}

function stepOf(subject: Subject, step: NextStep, holds: readonly Hold[], now: number): NextStep {
  return step.blocked || step.next === null ? step : { ...step, blocked: heldOf(subject, step.next, holds, now) };
}

/** Holds stop what Signalbox itself installs; what others install by themselves it cannot hold. Rule: section 12. */
function heldOf({ place, channel }: Subject, next: string, holds: readonly Hold[], now: number): Reason | null {
  if (place.environment.installerMethod !== 'managed') return null;
  const decision = decideHolds(
    holds,
    {
      kind: 'install',
      startedBy: 'person',
      versioning: channel.versioning,
      product: place.product.name,
      channels: [place.channel.name],
      environment: place.environment.name,
      release: positionOf(channel, next),
    },
    now,
  );
  return decision.allowed ? null : decision.refusal;
}
