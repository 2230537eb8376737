import { and, desc, isNotNull, isNull, notInArray, sql } from 'drizzle-orm';
import { hiddenFrom, type EntityViews } from '../../server/domain/activity.ts';
import {
  emptyBoard,
  endedJobsKept,
  tickerLength,
  tickerNoise,
  type Board,
  type TickerLine,
} from '../../server/domain/board.ts';
import type { Database, Reader, Transaction } from '../connect.ts';
import { activity, job } from '../schema/index.ts';
import { settledCursor } from './activities.ts';
import { displayViews, pairedDisplays } from './displays.ts';
import { evaluationViews, openEvaluations, pipelineViews, recallViews, unrevertedRecalls } from './pipeline-views.ts';
import {
  approvalViews,
  holdViews,
  ruleViews,
  incidentViews,
  openApprovals,
  unreleasedHolds,
  unresolvedIncidents,
} from './steering-views.ts';
import {
  channelViews,
  environmentViews,
  hostViews,
  jobViews,
  latestTaskViews,
  productViews,
  releaseViews,
  type Which,
} from './views.ts';

const all: Which = {};

/**
 * The board as the tables have it, in one snapshot, with the cursor to go on from: the last activity that is settled.
 * Behind it some activities come that the tables already show; their revisions are not newer, and `apply` ignores them.
 */
export async function loadBoard(db: Database): Promise<Board> {
  return db.transaction(async (tx) => readBoard(tx), { isolationLevel: 'repeatable read', accessMode: 'read only' });
}

async function readBoard(tx: Transaction): Promise<Board> {
  const [row] = await tx.execute<{ xmin: string }>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`);
  const xmin = (row as { xmin: string }).xmin;
  const board = emptyBoard();
  board.cursor = await settledCursor(tx);
  board.products = byId(await productViews(tx, all));
  board.holds = byId(await holdViews(tx, unreleasedHolds));
  board.incidents = byId(await incidentViews(tx, unresolvedIncidents));
  board.approvals = byId(await approvalViews(tx, openApprovals));
  board.rules = byId(await ruleViews(tx, all));
  board.pipelines = byId(await pipelineViews(tx, all));
  board.evaluations = byId(await evaluationViews(tx, openEvaluations));
  board.recalls = byId(await recallViews(tx, unrevertedRecalls));
  board.displays = byId(await displayViews(tx, pairedDisplays));
  board.channels = byId(await channelViews(tx, all));
  board.environments = byId(await environmentViews(tx, all));
  board.releases = byId(await releaseViews(tx, all));
  board.hosts = byId(await hostViews(tx, all));
  await readJobs(tx, board);
  for (const { steps: _history, ...task } of await latestTaskViews(tx)) board.tasks[task.hostId] = task;
  board.ticker = await readTicker(tx, xmin);
  await readTombstones(tx, xmin, board);
  return board;
}

async function readJobs(tx: Transaction, board: Board): Promise<void> {
  const inFlight = await jobViews(tx, { where: isNull(job.endedAt) });
  const ended = await jobViews(tx, {
    where: isNotNull(job.endedAt),
    orderBy: [desc(job.id)],
    limit: endedJobsKept,
  });
  board.jobs = byId([...inFlight, ...ended]);
  const totals = await tx
    .select({ status: job.status, total: sql`count(*)`.mapWith(Number) })
    .from(job)
    .groupBy(job.status);
  board.jobTotals = Object.fromEntries(totals.map(({ status, total }) => [status, total]));
  const [dropped] = await tx
    .select({ id: job.id })
    .from(job)
    .where(isNotNull(job.endedAt))
    .orderBy(desc(job.id))
    .offset(endedJobsKept)
    .limit(1);
  board.trimmedJobId = dropped?.id ?? 0;
}

/** Looks back this far for lines that are no noise. */
const tickerReach = 5_000;

async function readTicker(tx: Reader, xmin: string): Promise<TickerLine[]> {
  const recent = tx
    .select()
    .from(activity)
    .where(sql`${activity.xid} < ${xmin}::text::xid8`)
    .orderBy(desc(activity.xid), desc(activity.seq))
    .limit(tickerReach)
    .as('recent');
  const rows = await tx
    .select()
    .from(recent)
    .where(and(notInArray(recent.kind, [...tickerNoise]), notInArray(recent.entityKind, hiddenFrom(null))))
    .orderBy(desc(recent.xid), desc(recent.seq))
    .limit(tickerLength);
  return rows.map((line) => ({
    cursor: `${line.xid}.${line.seq}`,
    at: line.at,
    kind: line.kind,
    entity: { kind: line.entityKind, id: line.entityId, revision: line.entityRevision },
    actor: line.actor,
    jobId: line.jobId,
    hostId: line.hostId,
    detail: line.detail,
  }));
}

interface Tombstone {
  shelf: 'products' | 'channels' | 'environments' | 'hosts' | 'rules' | 'pipelines';
  view: EntityViews['product' | 'channel' | 'environment' | 'host' | 'rule' | 'pipeline'];
}

/**
 * A removal can stand before `xmin` in the log and an older change of the same entity behind it, where the tail reads
 * it again: without the tombstone it would bring the entity back for good.
 */
async function readTombstones(tx: Transaction, xmin: string, board: Board): Promise<void> {
  const rows = await tx.execute<Tombstone & Record<string, unknown>>(sql`
    select removal.entity_kind || 's' as shelf, removal.view
    from (select distinct entity_kind, entity_id from activity where xid >= ${xmin}::text::xid8) replayed
    join activity removal using (entity_kind, entity_id)
    where removal.kind = removal.entity_kind || '.removed'`);
  for (const { shelf, view } of rows) (board[shelf] as Record<number, Tombstone['view']>)[view.id] ??= view;
}

function byId<View extends { id: number }>(views: readonly View[]): Record<number, View> {
  return Object.fromEntries(views.map((view) => [view.id, view]));
}
