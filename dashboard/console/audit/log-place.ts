import type { EntityKind } from '../../../server/domain/activity.ts';

interface Line {
  readonly entity: { readonly kind: string; readonly id: number };
  readonly jobId: number | null;
}

/** Pages of single things, by the kind of entity that a line is about. Others have no page of their own. */
const pages: Partial<Record<EntityKind, string>> = {
  release: '/releases/',
  channel: '/channels/',
  environment: '/environments/',
  host: '/hosts/',
  approval: '/approvals/',
  incident: '/incidents/',
  recall: '/recalls/',
  hold: '/holds?hold=',
};
/** People know these by their number; the others by the name that the line says. */
const numbered: readonly string[] = ['approval', 'incident', 'recall', 'hold'];

/** Where what a line tells of is to be seen: the thing itself, and the job that it is part of. */
export function placesOf({ entity: { kind, id }, jobId }: Line): { label: string; href: string }[] {
  const page = pages[kind as EntityKind];
  const word = kind.charAt(0).toUpperCase() + kind.slice(1);
  const label = numbered.includes(kind) ? `${word} ${id}` : word;
  const own = page === undefined ? [] : [{ label, href: `${page}${id}` }];
  const task = kind === 'task' ? `?task=${id}` : '';
  return [...own, ...(jobId === null ? [] : [{ label: `Job ${jobId}`, href: `/jobs/${jobId}${task}` }])];
}
