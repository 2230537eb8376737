import type { Board } from '../../../server/domain/board.ts';
import type { HoldScope } from '../../../server/domain/holds.ts';
import { jobHasEnded } from '../../../server/domain/task-transition.ts';
import type { HostView, JobView } from '../../../server/domain/views.ts';
import type { Zone } from '../../live/format.ts';
import { hostsOf } from '../../live/select.ts';

/** What stands in the fields of a new hold, as text; empty: not said. */
export interface HoldForm {
  product: string;
  channel: string;
  environment: string;
  host: string;
  reason: string;
  owner: string;
  startsAt: string;
  expiresAt: string;
  strict: boolean;
}

export interface HoldFormResult {
  readonly scope: HoldScope;
  /** Epoch milliseconds; null: at once, until it is released. */
  readonly startsAt: number | null;
  readonly expiresAt: number | null;
  readonly problems: Partial<Record<'host' | 'reason' | 'owner' | 'startsAt' | 'expiresAt', string>>;
}

export function emptyHoldForm(owner: string): HoldForm {
  return {
    product: '',
    channel: '',
    environment: '',
    host: '',
    reason: '',
    owner,
    startsAt: '',
    expiresAt: '',
    strict: false,
  };
}

/** Reads the form. `zone`: the one that the reader's times are shown in; `now`: epoch milliseconds. Rule: section 12. */
export function readHoldForm(form: HoldForm, board: Board, zone: Zone, now: number): HoldFormResult {
  const startsAt = readInstant(form.startsAt, zone);
  const expiresAt = readInstant(form.expiresAt, zone);
  const unknownHost = form.host !== '' && !hostsOf(board).some(({ name }) => name === form.host);
  return {
    scope: scopeOf(form),
    startsAt: startsAt ?? null,
    expiresAt: expiresAt ?? null,
    problems: {
      ...(unknownHost ? { host: `There is no host ${form.host}.` } : {}),
      ...(form.reason.trim() === '' ? { reason: 'State why: everybody who is stopped reads it.' } : {}),
      ...(form.owner.trim() === '' ? { owner: 'Name who answers for it.' } : {}),
      ...(startsAt === undefined ? { startsAt: 'A date and a time.' } : {}),
      ...(expiresAt === undefined
        ? { expiresAt: 'A date and a time.' }
        : expiresAt !== null && expiresAt <= (startsAt ?? now)
          ? { expiresAt: 'It would end before it starts.' }
          : {}),
    },
  };
}

function scopeOf({ product, channel, environment, host }: HoldForm): HoldScope {
  return Object.fromEntries(
    Object.entries({ product, channel, environment, host }).filter(([, name]) => name !== ''),
  ) as HoldScope;
}

/** `2026-11-25T14:00` as the browser's field gives it; null: empty; undefined: unreadable. */
export function readInstant(text: string, zone: Zone): number | null | undefined {
  if (text.trim() === '') return null;
  const at = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isNaN(at) ? undefined : at;
}

/** Hosts and jobs in flight that a hold of this scope would stop. */
export function stoppedBy(board: Board, scope: HoldScope): { hosts: HostView[]; jobs: JobView[] } {
  const product = Object.values(board.products).find(({ name, removed }) => name === scope.product && !removed);
  const channelsOf = (host: HostView): Record<string, string> => board.environments[host.environmentId]?.channels ?? {};
  const hosts = hostsOf(board).filter((host) => {
    const channels = channelsOf(host);
    const followed = scope.product === undefined ? Object.values(channels) : [product && channels[product.id]];
    return (
      followed.some((channel) => channel !== undefined && (scope.channel === undefined || scope.channel === channel)) &&
      (scope.environment === undefined || board.environments[host.environmentId]?.name === scope.environment) &&
      (scope.host === undefined || host.name === scope.host)
    );
  });
  const held = new Set(hosts.map(({ id }) => id));
  const busy = new Set(
    Object.values(board.tasks)
      .filter(({ hostId, status }) => held.has(hostId) && status === 'pending')
      .map(({ jobId }) => jobId),
  );
  const jobs = Object.values(board.jobs).filter(
    (job) =>
      busy.has(job.id) &&
      !jobHasEnded(job.status) &&
      job.kind === 'install' &&
      (!product || job.productId === product.id),
  );
  return { hosts, jobs };
}
