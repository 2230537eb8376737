/** What each list can be sorted by, and which rows its filters leave. The contract of a list names the same columns. */
import { and, eq, isNotNull, isNull, ne, notInArray, sql, type SQL } from 'drizzle-orm';
import type { ApprovalState } from '../../server/domain/approval.ts';
import { RELEASE_STATES, cardOf, type ReleaseCard, type ReleaseState } from '../../server/domain/release-state.ts';
import type { JobStatus, TaskStatus } from '../../server/domain/task-transition.ts';
import type { IncidentStatus, JobKind } from '../../server/domain/views.ts';
import {
  apiToken,
  approval,
  client,
  display,
  environment,
  hold,
  host,
  incident,
  job,
  person,
  recall,
  release,
  task,
} from '../schema/index.ts';
import { endedStatuses } from './jobs.ts';
import { containing, type SortColumn, type SortedList } from './sorted.ts';
import { idIn } from './views.ts';

const text = (by: SortColumn['by']): SortColumn => ({ by, type: 'text' });
const instantOf = (by: SortColumn['by']): SortColumn => ({ by, type: 'timestamptz' });
/** What has not happened comes after all that has, or before. */
const orNever = (by: SQL): SortColumn => instantOf(sql`coalesce(${by}, 'infinity')`);
const neverFirst = (by: SQL): SortColumn => instantOf(sql`coalesce(${by}, '-infinity')`);

/** Digits by value, so that web-2 comes before web-10. */
const natural = (name: SQL): SortColumn =>
  text(sql`(select string_agg(case when part[1] ~ '^[0-9]' then lpad(part[1], 12, '0') else part[1] end, '' order by at)
    from regexp_matches(lower(${name}), '[0-9]+|[^0-9]+', 'g') with ordinality as parts(part, at))`);

const environmentOfHost = sql`(select e.name from environment e where e.id = host.environment_id)`;
const runsOnHost = sql`(select string_agg(p.reported_version, ' ' order by p.product_id) from host_product p where p.host_id = host.id)`;

export const hostList = {
  table: host,
  id: host.id,
  columns: {
    name: text(host.name),
    natural: natural(sql`host.name`),
    environment: text(environmentOfHost),
    role: text(host.role),
    liveness: text(host.liveness),
    version: text(sql`coalesce(${runsOnHost}, '')`),
    contact: neverFirst(sql`host.last_contact_at`),
  },
} satisfies SortedList;

export interface HostListFilter {
  environmentId?: number | undefined;
  environment?: string | undefined;
  /** Part of the name, whatever its case. */
  search?: string | undefined;
  ids?: readonly number[] | undefined;
  life?: 'live' | 'unreachable' | 'unknown' | 'maintenance' | 'held' | undefined;
}

/** `now`: for holds that are in force then. */
export function hostsWhere({ environmentId, environment: name, search, ids, life }: HostListFilter, now: number) {
  return and(
    environmentId === undefined ? undefined : eq(host.environmentId, environmentId),
    name === undefined || name === '' ? undefined : sql`${environmentOfHost} = ${name}`,
    containing([sql`host.name`], search),
    ids && idIn(host.id, ids),
    life && sql`host.life <> 'retired'`,
    life && LIVES[life](now),
  );
}

const LIVES = {
  live: () => sql`host.liveness = 'live'`,
  unreachable: () => sql`host.liveness = 'unreachable'`,
  unknown: () => sql`host.liveness = 'unknown'`,
  maintenance: () => sql`host.life = 'maintenance'`,
  held: (now) => sql`exists (
    select from hold h
    where h.released_at is null
      and coalesce(h.starts_at, '-infinity') <= ${at(now)} and coalesce(h.expires_at, 'infinity') > ${at(now)}
      and coalesce(h.host, host.name) = host.name and coalesce(h.environment, ${environmentOfHost}) = ${environmentOfHost}
      and (
        (h.product is null and h.channel is null)
        or not exists (select from subscription s where s.environment_id = host.environment_id)
        or exists (
          select from subscription s join channel c on c.id = s.channel_id join product p on p.id = s.product_id
          where s.environment_id = host.environment_id
            and coalesce(h.product, p.name) = p.name and coalesce(h.channel, c.name) = c.name)))`,
} as const satisfies Record<NonNullable<HostListFilter['life']>, (now: number) => SQL>;

const versionOfJob = sql`(select p.name || ' ' || r.version from release r join product p on p.id = r.product_id where r.id = job.release_id)`;

export const jobList = {
  table: job,
  id: job.id,
  columns: {
    created: instantOf(job.createdAt),
    ended: orNever(sql`job.ended_at`),
    status: text(job.status),
    kind: text(job.kind),
    release: text(versionOfJob),
    by: text(sql`lower(job.requested_by)`),
  },
} satisfies SortedList;

const cards = {
  in_progress: () => notInArray(job.status, [...endedStatuses]),
  succeeded: () => eq(job.status, 'succeeded'),
  failed: () => eq(job.status, 'failed'),
} satisfies Record<string, () => SQL>;

export interface JobListFilter {
  status?: JobStatus | undefined;
  /** Rule: section 10 (Cards). */
  card?: keyof typeof cards | undefined;
  kind?: JobKind | undefined;
  productId?: number | undefined;
  search?: string | undefined;
}

export function jobsWhere({ status, card, kind, productId, search }: JobListFilter): SQL | undefined {
  return and(
    status && eq(job.status, status),
    card && cards[card](),
    kind && eq(job.kind, kind),
    productId === undefined ? undefined : eq(job.productId, productId),
    containing([sql`'job ' || job.id`, sql`job.requested_by`, sql`job.reason`, versionOfJob], search),
  );
}

const productOf = (releaseTable: 'release' | 'incident' | 'recall') =>
  sql`(select p.name from product p where p.id = ${sql.raw(releaseTable)}.product_id)`;

/** `key=value` of each label. */
const labelsOf = (table: 'release' | 'environment') =>
  sql`(select string_agg(key || '=' || value, ' ') from jsonb_each_text(${sql.raw(table)}.labels))`;
const channelsOfRelease = sql`(select string_agg(c.name || case when entry.demoted_at is null then '' else ' demoted' end, ' ')
  from channel_entry entry join channel c on c.id = entry.channel_id where entry.release_id = release.id)`;

/** Rule: section 3. The same as `releaseState` says of one release. */
export const stateOfRelease = sql<ReleaseState>`case
  when exists (select from host_product p join host h on h.id = p.host_id
    where p.reported_release_id = release.id and h.life <> 'retired') then 'installed'
  when release.package = 'present' then 'downloaded'
  when release.package = 'downloading' then 'downloading'
  else 'available' end`;

export const releaseList = {
  table: release,
  id: release.id,
  columns: {
    state: text(stateOfRelease),
    published: instantOf(release.publishedAt),
    product: text(productOf('release')),
    version: natural(sql`release.version`),
    size: { by: release.size, type: 'bigint' },
  },
} satisfies SortedList;

export interface ReleaseListFilter {
  productId?: number | undefined;
  /** By name. */
  product?: string | undefined;
  withArchived: boolean;
  package?: 'absent' | 'downloading' | 'present' | undefined;
  /** Rule: section 3 (Cards). */
  card?: Exclude<ReleaseCard, 'total'> | undefined;
  search?: string | undefined;
}

export function releasesWhere({
  productId,
  product,
  withArchived,
  package: stored,
  card,
  search,
}: ReleaseListFilter): SQL | undefined {
  return and(
    productId === undefined ? undefined : eq(release.productId, productId),
    product === undefined ? undefined : sql`${productOf('release')} = ${product}`,
    withArchived ? undefined : isNull(release.archivedAt),
    stored && eq(release.package, stored),
    card &&
      sql`${stateOfRelease} in (${sql.join(
        RELEASE_STATES.filter((state) => cardOf(state) === card).map((state) => sql`${state}`),
        sql`, `,
      )})`,
    containing(
      [productOf('release'), sql`release.version`, sql`release.notes`, channelsOfRelease, labelsOf('release')],
      search,
    ),
  );
}

export const environmentList = {
  table: environment,
  id: environment.id,
  columns: {
    name: text(environment.name),
    natural: natural(sql`environment.name`),
    installer: text(environment.installerMethod),
  },
} satisfies SortedList;

export function environmentsWhere({ search }: { search?: string | undefined }): SQL | undefined {
  return containing([sql`environment.name`, labelsOf('environment')], search);
}

const clientEnvironment = sql`(select e.name from environment e where e.id = client.environment_id)`;
const clientProduct = sql`(select p.name from product p where p.id = client.product_id)`;

export const clientList = {
  table: client,
  id: client.id,
  columns: {
    environment: text(clientEnvironment),
    product: text(clientProduct),
    checked: neverFirst(sql`client.checked_at`),
  },
} satisfies SortedList;

export interface ClientListFilter {
  environmentId?: number | undefined;
  channelId?: number | undefined;
  productId?: number | undefined;
  search?: string | undefined;
}

export function clientsWhere({ environmentId, channelId, productId, search }: ClientListFilter): SQL | undefined {
  return and(
    environmentId === undefined ? undefined : eq(client.environmentId, environmentId),
    channelId === undefined ? undefined : eq(client.channelId, channelId),
    productId === undefined ? undefined : eq(client.productId, productId),
    containing([clientEnvironment, clientProduct], search),
  );
}

export const approvalList = {
  table: approval,
  id: approval.id,
  columns: {
    requested: instantOf(approval.requestedAt),
    expires: instantOf(approval.expiresAt),
    state: text(approval.state),
    by: text(sql`lower(approval.requester)`),
  },
} satisfies SortedList;

export interface ApprovalListFilter {
  /** `ended`: not pending any more. */
  state?: ApprovalState | 'ended' | undefined;
  jobId?: number | undefined;
  search?: string | undefined;
}

export function approvalsWhere({ state, jobId, search }: ApprovalListFilter): SQL | undefined {
  return and(
    state && (state === 'ended' ? ne(approval.state, 'pending') : eq(approval.state, state)),
    jobId === undefined ? undefined : eq(approval.jobId, jobId),
    containing([sql`'job ' || approval.job_id`, sql`approval.requester`, sql`approval.rule`], search),
  );
}

export const incidentList = {
  table: incident,
  id: incident.id,
  columns: {
    opened: instantOf(incident.openedAt),
    resolved: orNever(sql`incident.resolved_at`),
    status: text(incident.status),
  },
} satisfies SortedList;

export interface IncidentListFilter {
  /** `standing`: not resolved. */
  status?: IncidentStatus | 'standing' | undefined;
  search?: string | undefined;
}

export function incidentsWhere({ status, search }: IncidentListFilter): SQL | undefined {
  return and(
    status && (status === 'standing' ? ne(incident.status, 'resolved') : eq(incident.status, status)),
    containing([sql`'job ' || incident.job_id`, productOf('incident'), sql`incident.cause ->> 'sentence'`], search),
  );
}

export const holdList = {
  table: hold,
  id: hold.id,
  columns: {
    created: instantOf(hold.createdAt),
    expires: orNever(sql`hold.expires_at`),
    owner: text(sql`lower(hold.owner)`),
  },
} satisfies SortedList;

export interface HoldListFilter {
  /** `standing`: without those that are released or have run out at `now`; `past`: only those. */
  state: 'standing' | 'past' | 'all';
  now: number;
  id?: number | undefined;
  search?: string | undefined;
}

export function holdsWhere({ state, now, id, search }: HoldListFilter): SQL | undefined {
  return and(
    id === undefined ? undefined : eq(hold.id, id),
    state === 'all'
      ? undefined
      : sql`(hold.released_at is null and coalesce(hold.expires_at, 'infinity') > ${at(now)}) = ${state === 'standing'}`,
    containing(
      [sql`hold.reason`, sql`hold.owner`, sql`hold.product`, sql`hold.channel`, sql`hold.environment`, sql`hold.host`],
      search,
    ),
  );
}

export const recallList = {
  table: recall,
  id: recall.id,
  columns: {
    opened: instantOf(recall.openedAt),
    reverted: orNever(sql`recall.reverted_at`),
    product: text(productOf('recall')),
  },
} satisfies SortedList;

export interface RecallListFilter {
  productId?: number | undefined;
  standing: boolean;
  search?: string | undefined;
}

export function recallsWhere({ productId, standing, search }: RecallListFilter): SQL | undefined {
  return and(
    productId === undefined ? undefined : eq(recall.productId, productId),
    standing ? isNull(recall.revertedAt) : undefined,
    containing([productOf('recall'), sql`recall.reason`, sql`recall.opened_by`], search),
  );
}

export const personList = {
  table: person,
  id: person.id,
  columns: {
    name: text(sql`lower(person.name)`),
    email: text(sql`lower(person.email)`),
    created: instantOf(person.createdAt),
  },
} satisfies SortedList;

export interface PersonListFilter {
  state?: 'enabled' | 'disabled' | undefined;
  search?: string | undefined;
}

export function personsWhere({ state, search }: PersonListFilter): SQL | undefined {
  return and(
    state && (state === 'enabled' ? isNull(person.disabledAt) : isNotNull(person.disabledAt)),
    containing([sql`person.name`, sql`person.email`], search),
  );
}

export const tokenList = {
  table: apiToken,
  id: apiToken.id,
  columns: {
    name: text(sql`lower(api_token.name)`),
    created: instantOf(apiToken.createdAt),
    by: text(sql`lower(api_token.created_by)`),
    expires: orNever(sql`api_token.expires_at`),
    used: neverFirst(sql`api_token.last_used_at`),
  },
} satisfies SortedList;

/** Those that are not revoked. */
export function tokensWhere({ search }: { search?: string | undefined }): SQL | undefined {
  return and(
    isNull(apiToken.revokedAt),
    containing([sql`api_token.name`, sql`api_token.created_by`, sql`api_token.grants::text`], search),
  );
}

export const displayList = {
  table: display,
  id: display.id,
  columns: {
    name: text(sql`lower(display.name)`),
    seen: neverFirst(sql`display.last_seen_at`),
    paired: instantOf(display.pairedAt),
    by: text(sql`lower(display.paired_by)`),
  },
} satisfies SortedList;

/** Those that are not revoked. */
export function displaysWhere({ search }: { search?: string | undefined }): SQL | undefined {
  return and(
    isNull(display.revokedAt),
    containing([sql`display.name`, sql`display.paired_by`, sql`display.views::text`], search),
  );
}

/** What needs eyes comes first: trouble, then what moves, then what is open, then what is done. */
const needOfTask = sql`array_position(
  array['failed', 'unreachable', 'running', 'pending', 'not_started', 'cancelled', 'succeeded', 'skipped'], task.status)`;
const hostOfTask = sql`(select h.name from host h where h.id = task.host_id)`;

export const taskList = {
  table: task,
  id: task.id,
  columns: {
    position: { by: task.position, type: 'bigint' },
    need: { by: needOfTask, type: 'bigint' },
    host: natural(hostOfTask),
    wave: { by: task.wave, type: 'bigint' },
    started: orNever(sql`task.started_at`),
  },
} satisfies SortedList;

export interface TaskListFilter {
  jobId: number;
  status?: TaskStatus | undefined;
  search?: string | undefined;
}

export function tasksWhere({ jobId, status, search }: TaskListFilter): SQL | undefined {
  return and(
    eq(task.jobId, jobId),
    status && eq(task.status, status),
    containing([hostOfTask, sql`task.problem ->> 'code'`, sql`task.problem ->> 'sentence'`], search),
  );
}

function at(now: number): SQL {
  return sql`${new Date(now).toISOString()}::timestamptz`;
}
