import { everyMatching, outOfServiceMatching } from '../../server/domain/host-selection.ts';
import type { HostChoice } from '../../server/services/host/choices.ts';
import type { DialogOption } from '../entries.ts';
import { plain, visible } from '../cards/escape.ts';

export const OPTIONS_MAX = 100;

/** The label that every host has: where it stands. */
const ENVIRONMENT = 'environment';

export interface Selection {
  readonly hostIds: readonly number[];
  readonly labels: Readonly<Record<string, string | readonly string[]>>;
  readonly all?: boolean | undefined;
  readonly except?: readonly number[] | undefined;
  readonly picks?: boolean | undefined;
}

/** The hosts that can be chosen and have, of each key, one of its values; in their order. Rule: section 6 (`with_label`). */
export function matching(
  hosts: readonly HostChoice[],
  labels: Selection['labels'],
  except: readonly number[] = [],
): HostChoice[] {
  return everyMatching(hosts, hasLabels(labels), except);
}

function hasLabels(labels: Selection['labels']): (host: HostChoice) => boolean {
  const wanted = Object.entries(labels).map(([key, values]) => ({ key, values: [values].flat() }));
  return (host) => wanted.every(({ key, values }) => valuesOf(host, key).some((value) => values.includes(value)));
}

function valuesOf(host: HostChoice, key: string): string[] {
  const own = host.labels[key];
  return [...(own === undefined ? [] : [own]), ...(key === ENVIRONMENT ? [host.environment] : [])];
}

/** Ids of the hosts that the draft stands for. With "Select all" that is decided here and now, never by what Slack shows. */
export function chosenIds(hosts: readonly HostChoice[], selection: Selection): number[] {
  if (selection.all) return matching(hosts, selection.labels, selection.except).map(({ id }) => id);
  const ids = [...new Set(selection.hostIds)];
  if (!selection.picks) return ids;
  // Another release may have been picked meanwhile: hosts where its product does not belong were never chosen for it.
  const here = new Set(hosts.map(({ id }) => id));
  return ids.filter((id) => here.has(id));
}

/** What the draft asks for: "Select all" asks for hosts out of service too, which the job leaves out and tells. */
export function askedFor(hosts: readonly HostChoice[], selection: Selection): { hostIds: number[]; leaveOut?: true } {
  const hostIds = chosenIds(hosts, selection);
  if (!selection.all || hostIds.length === 0) return { hostIds };
  const resting = outOfServiceMatching(hosts, hasLabels(selection.labels), selection.except).map(({ id }) => id);
  return resting.length > 0 ? { hostIds: [...hostIds, ...resting], leaveOut: true } : { hostIds };
}

export function hostOption({ id, name, environment, version }: HostChoice): DialogOption {
  const rest = ` · ${plain(environment, 20)} · ${plain(version ?? 'nothing known', 16)}`;
  return { text: plain(name, 75 - rest.length) + rest, value: String(id) };
}

/** Hosts whose name, environment, label or version contains the text: names that begin with it first. */
export function hostOptions(hosts: readonly HostChoice[], query: string): DialogOption[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = hosts.filter((host) => words.every((word) => textOf(host).includes(word)));
  return bestFirst(found, ({ name }) => name, words[0] ?? '').map(hostOption);
}

function textOf({ name, environment, version, labels }: HostChoice): string {
  const texts = [name, environment, version ?? '', ...Object.entries(labels).map(([key, value]) => `${key}=${value}`)];
  return texts.join('\n').toLowerCase();
}

/** Every label that a host which can be chosen has, with how many have it. */
export function labelOptions(hosts: readonly HostChoice[], query: string): DialogOption[] {
  const counts = new Map<string, number>();
  for (const host of matching(hosts, {})) {
    for (const [key, value] of Object.entries({ [ENVIRONMENT]: host.environment, ...host.labels })) {
      const label = `${key}=${value}`;
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  const part = query.trim().toLowerCase();
  const found = [...counts].filter(([label]) => label.toLowerCase().includes(part) && fits(label));
  found.sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1));
  return bestFirst(found, ([label]) => label, part).map(([label, count]) => labelOption(label, count));
}

function labelOption(label: string, count: number): DialogOption {
  const rest = ` (${count})`;
  return { text: plain(label, 75 - rest.length) + rest, value: label };
}

/** As they stand in the field once they are picked. */
export function pickedLabels(labels: Selection['labels']): DialogOption[] {
  const picked = Object.entries(labels).flatMap(([key, values]) => [values].flat().map((value) => `${key}=${value}`));
  return picked.filter(fits).map((label) => ({ text: label, value: label }));
}

/** `region=eu` by its key. */
export function readLabels(picked: readonly string[]): Record<string, string[]> {
  const labels: Record<string, string[]> = {};
  for (const label of picked) {
    const equals = label.indexOf('=');
    if (equals > 0) (labels[label.slice(0, equals)] ??= []).push(label.slice(equals + 1));
  }
  return labels;
}

/** Whether Slack takes it as the value of an option. What it does not take would be lost from the dialog unseen. */
export function fits(value: string): boolean {
  return value !== '' && value.length <= 150 && visible(value) === value;
}

function bestFirst<T>(items: readonly T[], nameOf: (item: T) => string, part: string): T[] {
  const begins = (item: T) => nameOf(item).toLowerCase().startsWith(part);
  return [...items.filter(begins), ...items.filter((item) => !begins(item))].slice(0, OPTIONS_MAX);
}
