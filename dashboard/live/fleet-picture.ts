/** Everything the wall says about hosts, in one pass over the fleet per picture: 10 000 hosts cost about a millisecond. */
import type { WallBoard, WallHost } from '../../server/domain/board.ts';
import type { Liveness } from '../../server/domain/views.ts';
import { marks, type Mark } from '../theme/states.ts';
import { failingHost, type FailingHost } from './failing-host.ts';
import { hostMark } from './marks.ts';
import { hostsOf, reportsOf } from './select.ts';

/** Index into it is what `FleetPicture.marks` holds. */
export const markOrder = Object.keys(marks) as Mark[];
const markIndex = Object.fromEntries(markOrder.map((mark, at) => [mark, at])) as Record<Mark, number>;

export interface HostGroup {
  /** What its hosts have in common: their environment, or the value of the label that the wall groups by. */
  key: string;
  name: string;
  /** Place of its first host in `FleetPicture.hosts`. */
  start: number;
  size: number;
}

export interface FleetPicture {
  /** The end that all names share, from a dot on: `.example.net`; empty when they share none. */
  domain: string;
  /** By environment, then by name; the same array as before while no host came, went or changed its name. */
  hosts: readonly WallHost[];
  groups: readonly HostGroup[];
  /** One byte per host, in the order of `hosts`. */
  marks: Uint8Array;
  byMark: Record<Mark, number>;
  byLiveness: Record<Liveness, number>;
  /** Newest trouble first. */
  failing: FailingHost[];
  /** How many hosts report each release, by release id. */
  reports: Map<number, number>;
}

/** Hosts that lack the label stand together, last. */
const WITHOUT = '\uffff';

/** Keeps the order of the fleet from picture to picture, since sorting 10 000 names ten times a second would be the whole load. */
export class FleetOrder {
  #known: readonly WallHost[] = [];
  #order: number[] = [];
  #groups: HostGroup[] = [];
  #domain = '';
  #label: string | null;

  /** `label`: groups by it, as hosts have it or else their environments; null: by environment. */
  constructor(label: string | null = null) {
    this.#label = label;
  }

  /** Draws the picture of the board as it stands. */
  picture(board: WallBoard): FleetPicture {
    const visible = hostsOf(board);
    if (!sameFleet(this.#known, visible)) this.#sort(visible, board);
    this.#known = visible;
    const hosts = this.#order.map((at) => visible[at] as WallHost);
    return { ...pictureOf(board, hosts), groups: this.#namedGroups(board), domain: this.#domain };
  }

  #sort(visible: readonly WallHost[], board: WallBoard): void {
    const groupKeys = visible.map((host) => this.#groupKey(host, board));
    const keys = visible.map((host, at) => sortKey(host, groupKeys[at] as string));
    this.#order = visible.map((_, at) => at).sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
    const groups: HostGroup[] = [];
    this.#order.forEach((at, place) => {
      const key = groupKeys[at] as string;
      const last = groups.at(-1);
      if (last?.key === key) last.size += 1;
      else groups.push({ key, name: '', start: place, size: 1 });
    });
    this.#groups = groups;
    this.#domain = sharedDomain(visible.map(({ name }) => name));
  }

  #groupKey({ environmentId, labels }: WallHost, board: WallBoard): string {
    if (this.#label === null) return String(environmentId).padStart(8, '0');
    return labels[this.#label] ?? board.environments[environmentId]?.labels[this.#label] ?? WITHOUT;
  }

  #namedGroups(board: WallBoard): HostGroup[] {
    for (const group of this.#groups) {
      if (this.#label === null)
        group.name = board.environments[Number(group.key)]?.name ?? `environment ${Number(group.key)}`;
      else group.name = group.key === WITHOUT ? `no ${this.#label}` : group.key;
    }
    return this.#groups;
  }
}

function sameFleet(a: readonly WallHost[], b: readonly WallHost[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((host, at) => {
    const other = b[at] as WallHost;
    return (
      host === other ||
      (host.id === other.id &&
        host.name === other.name &&
        host.environmentId === other.environmentId &&
        sameLabels(host.labels, other.labels))
    );
  });
}

function sameLabels(a: WallHost['labels'], b: WallHost['labels']): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Figures are padded so that plain comparison puts `web-2` before `web-10`; a collator would take a hundred times as long. */
function sortKey({ name }: WallHost, group: string): string {
  const natural = name.replace(/\d+/g, (digits) => digits.padStart(8, '0'));
  return `${group} ${natural}`;
}

/** The longest end, beginning with a dot, that every name has; a single host keeps its whole name. */
export function sharedDomain(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return '';
  const dot = first.indexOf('.');
  let domain = dot < 0 ? '' : first.slice(dot);
  while (domain !== '' && !others.every((name) => name.endsWith(domain))) {
    const next = domain.indexOf('.', 1);
    domain = next < 0 ? '' : domain.slice(next);
  }
  return domain;
}

/** A name as the wall shows it: without what all names end in. */
export function shortName(name: string, { domain }: { domain: string }): string {
  return domain === '' ? name : name.slice(0, -domain.length);
}

/** A name below that of its group, which it need not repeat: `fra-web-01` in `fra` is `web-01`. */
export function nameInGroup(name: string, group: string, fleet: { domain: string }): string {
  const short = shortName(name, fleet);
  const rest = short.startsWith(group) ? short.slice(group.length) : '';
  return /^[-_./]./.test(rest) ? rest.slice(1) : short;
}

type HostsPicture = Omit<FleetPicture, 'groups' | 'domain'>;

function pictureOf(board: WallBoard, hosts: readonly WallHost[]): HostsPicture {
  const byMark = Object.fromEntries(markOrder.map((mark) => [mark, 0])) as Record<Mark, number>;
  const byLiveness: Record<Liveness, number> = { live: 0, unreachable: 0, unknown: 0 };
  const failing: FailingHost[] = [];
  const bytes = new Uint8Array(hosts.length);
  hosts.forEach((host, at) => {
    const task = board.tasks[host.id];
    const mark = hostMark(host, task, task && board.jobs[task.jobId]);
    bytes[at] = markIndex[mark];
    byMark[mark] += 1;
    byLiveness[host.liveness] += 1;
    if (mark === 'failed') failing.push(failingHost(board, host, task));
  });
  failing.sort((a, b) => (b.since ?? 0) - (a.since ?? 0));
  return { hosts, marks: bytes, byMark, byLiveness, failing, reports: reportsOf(hosts) };
}
