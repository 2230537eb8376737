/** What the tests of fleet files share: files from objects, both verbs, and all that an apply could have changed. */
import { stringify } from 'yaml';
import { readAfter } from '../../db/queries/activities.ts';
import { fleetRows } from '../../db/queries/fleet.ts';
import { channelViews, environmentViews, hostViews, productViews } from '../../db/queries/views.ts';
import { applyFleet } from '../../server/services/fleet/apply.ts';
import { planFleet } from '../../server/services/fleet/plan.ts';
import type { World } from './world.ts';

/** A fleet file as text or as what its YAML says. */
export type FleetContent = string | Readonly<Record<string, unknown>>;

export interface ApplyOptions {
  file?: string;
  prune?: boolean;
}

const inputOf = (content: FleetContent, { file = 'fleet.yaml', prune = false }: ApplyOptions) => ({
  file,
  text: typeof content === 'string' ? content : stringify(content),
  prune,
});

export function apply({ ctx, operator }: World, content: FleetContent, options: ApplyOptions = {}) {
  return applyFleet.run(ctx, operator, inputOf(content, options));
}

export function plan({ ctx, operator }: World, content: FleetContent, options: ApplyOptions = {}) {
  return planFleet.run(ctx, operator, inputOf(content, options));
}

/** `~ host line-1: role, labels`: what a difference shows, kept entities left out. */
export function differenceOf({ changes }: Awaited<ReturnType<typeof plan>>): string[] {
  const marks = { create: '+', change: '~', remove: '-', keep: '' } as const;
  return changes
    .filter(({ action }) => action !== 'keep')
    .map(({ action, kind, name, fields }) => {
      const which = fields.map(({ field }) => field).join(', ');
      return `${marks[action]} ${kind} ${name}${which === '' ? '' : `: ${which}`}`;
    });
}

/** Every row that a fleet file can own, every view, and the log: what is equal before and after has not been touched. */
export async function everything({ ctx: { db } }: World) {
  return { rows: await fleetRows(db), activities: await activities({ ctx: { db } }) };
}

export async function activities({ ctx: { db } }: { ctx: Pick<World['ctx'], 'db'> }) {
  return (await readAfter(db, '0.0', 100_000)).activities;
}

export async function views({ ctx: { db } }: World) {
  return {
    products: await productViews(db, {}),
    channels: await channelViews(db, {}),
    environments: await environmentViews(db, {}),
    hosts: await hostViews(db, {}),
  };
}
