import { append } from '../../../db/activities.ts';
import { displayViews } from '../../../db/queries/displays.ts';
import { personViews, tokenViews } from '../../../db/queries/people.ts';
import { evaluationViews, pipelineViews, recallViews } from '../../../db/queries/pipeline-views.ts';
import { approvalViews, holdViews, incidentViews, ruleViews } from '../../../db/queries/steering-views.ts';
import {
  channelViews,
  environmentViews,
  hostViews,
  jobViews,
  productViews,
  releaseViews,
  taskViews,
} from '../../../db/queries/views.ts';
import type { Reader } from '../../../db/connect.ts';
import type { ActivityKind, EntityKind, EntityViews } from '../../domain/activity.ts';
import type { Transaction } from '../context.ts';

/** When it happened and who did it, as it stands in the log. */
export interface Occasion {
  now: number;
  actor: string;
}

const views = {
  product: productViews,
  channel: channelViews,
  environment: environmentViews,
  host: hostViews,
  release: releaseViews,
  job: jobViews,
  task: taskViews,
  hold: holdViews,
  incident: incidentViews,
  approval: approvalViews,
  rule: ruleViews,
  pipeline: pipelineViews,
  evaluation: evaluationViews,
  recall: recallViews,
  display: displayViews,
  person: personViews,
  token: tokenViews,
} satisfies { [K in EntityKind]: (reader: Reader, ids: readonly number[]) => Promise<EntityViews[K][]> };

/**
 * Appends one activity per entity, in the transaction that changed it: the kind's subject names the entity, the view is
 * read back as it now stands. Every caller has raised the entity's revision in the same transaction.
 */
export async function record(
  tx: Transaction,
  { now, actor }: Occasion,
  kind: ActivityKind,
  ids: readonly number[],
  detail: Record<string, unknown> = {},
): Promise<void> {
  if (ids.length === 0) return;
  const entityKind = kind.slice(0, kind.indexOf('.')) as EntityKind;
  await appendViews(tx, { now, actor }, kind, entityKind, await views[entityKind](tx, ids), detail);
}

/** Appends the removal of entities whose rows are about to go: the tombstones that readers keep. */
export async function recordRemoval(
  tx: Transaction,
  occasion: Occasion,
  kind: 'product' | 'channel' | 'environment' | 'host' | 'rule' | 'pipeline',
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  const tombstones = (await views[kind](tx, ids)).map((view) => ({ ...view, removed: true as const }));
  await appendViews(tx, occasion, `${kind}.removed`, kind, tombstones, {});
}

async function appendViews(
  tx: Transaction,
  { now, actor }: Occasion,
  kind: ActivityKind,
  entityKind: EntityKind,
  changed: readonly EntityViews[EntityKind][],
  detail: Record<string, unknown>,
): Promise<void> {
  await append(
    tx,
    now,
    actor,
    changed.map((view) => ({
      kind,
      entityKind,
      entityId: view.id,
      entityRevision: view.revision,
      ...scopeOf(entityKind, view),
      view,
      detail,
    })),
  );
}

function scopeOf(kind: EntityKind, view: EntityViews[EntityKind]) {
  const own = view as Partial<Record<'productId' | 'environmentId' | 'hostId' | 'jobId' | 'causeJobId', number>>;
  return {
    productId: kind === 'product' ? view.id : (own.productId ?? null),
    environmentId: kind === 'environment' ? view.id : (own.environmentId ?? null),
    hostId: kind === 'host' ? view.id : (own.hostId ?? null),
    jobId: kind === 'job' ? view.id : (own.jobId ?? own.causeJobId ?? null),
  };
}
