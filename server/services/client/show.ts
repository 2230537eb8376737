import { headOf } from '../../domain/channel.ts';
import { presence } from '../../domain/adoption.ts';
import { clientOutlook, type SeenRelease } from '../../domain/outlook.ts';
import { verb } from '../verb.ts';
import { noClient } from './check.ts';
import { clientSubjects, type Seat, type Subject } from './subjects.ts';

/** Exactly what one client sees now, what it may deploy, and why not. Rule: section 4. */
export const showClient = verb('client.read', async (ctx, _actor, { id }: { id: number }) => {
  const now = ctx.clock.now();
  const [subject] = await clientSubjects(ctx.db, { ids: [id] }, now);
  if (!subject) throw noClient(id);
  return { client: clientShown(subject, now), seats: subject.seats.map((seat) => seatShown(subject, seat)) };
});

/** When a client was last heard of: of a managed one, the host that was heard of last. */
export function lastSeen({ seats }: Subject): number | null {
  const known = seats.flatMap(({ lastSeenAt }) => lastSeenAt ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

/** A client as lists and its page show it. */
export function clientShown(subject: Subject, now: number) {
  const { place, seats } = subject;
  const { row, environment, product, channel } = place;
  const { tokenIssuedAt, tokenIssuedBy } = row;
  const lastSeenAt = lastSeen(subject);
  return {
    id: row.id,
    environmentId: environment.id,
    environment: environment.name,
    productId: product.id,
    product: product.name,
    artifact: product.artifact,
    channelId: channel.id,
    channel: channel.name,
    installerMethod: environment.installerMethod,
    installerVersion: environment.installerVersion,
    checkEveryMs: environment.checkEveryMs,
    checkDueAt: row.checkDueAt,
    checkedAt: row.checkedAt,
    checkedBy: row.checkedBy,
    checkProblem: row.checkProblem,
    unconfirmed: row.offeredTag !== null,
    token: tokenIssuedAt === null ? null : { issuedAt: tokenIssuedAt, issuedBy: tokenIssuedBy ?? '' },
    lastSeenAt,
    presence: presence(now, lastSeenAt),
    runs: seats.map(({ client: { deployed }, hosts, silent }) => ({
      version: deployed?.version ?? null,
      failed: deployed?.failed ?? false,
      hosts,
      inactiveHosts: silent,
    })),
    deployedAt: row.deployedAt,
  };
}

function seatShown({ channel }: Subject, { client, hosts }: Seat) {
  const { sees, unseen } = clientOutlook(channel, client);
  const { deployed } = client;
  return {
    runs: deployed?.version ?? null,
    failed: deployed?.failed ?? false,
    hosts,
    sees: sees.map(releaseShown),
    unseen,
  };
}

function releaseShown({ decision, label, notes, ...release }: SeenRelease) {
  return {
    ...release,
    label: label ?? null,
    notes: notes ?? '',
    deployable: decision.allowed,
    refusal: decision.allowed ? null : decision.refusal,
    warnings: decision.allowed ? decision.warnings : [],
  };
}

/** The newest release that the channel of a client serves; null: none. */
export function headVersion({ channel, place }: Subject): string | null {
  const found = headOf(channel, place.channel.name);
  return 'head' in found ? found.head.version : null;
}
