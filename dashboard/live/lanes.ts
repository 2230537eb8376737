/** What moves by itself: one lane per product with releases at its stages. Pure. */
import type { WallBoard } from '../../server/domain/board.ts';
import type { EvaluationView } from '../../server/domain/views.ts';
import { durationText } from '../../server/domain/wording.ts';
import type { Mark } from '../theme/states.ts';
import { relativeText, shortInstantText } from './format.ts';
import { productName } from './select.ts';

/** How an undecided or just decided evaluation is marked. */
export const stageMarks = {
  evaluating: 'running',
  paused: 'held',
  promoted: 'ok',
  superseded: 'unknown',
  recalled: 'recalled',
  cancelled: 'degraded',
} as const satisfies Record<EvaluationView['status'], Mark>;

/** Undecided evaluations of a product, those nearest to a decision first. */
export function stagesInFlight(board: WallBoard, productId: number): EvaluationView[] {
  return Object.values(board.evaluations)
    .filter((one) => one.productId === productId && one.endedAt === null)
    .sort((a, b) => (a.eligibleAt ?? Infinity) - (b.eligibleAt ?? Infinity) || a.since - b.since || a.id - b.id);
}

/** One line about a product in flight, as the wall shows it. */
export interface Lane {
  readonly key: number;
  readonly mark: Mark;
  /** `orders 4.2.1` */
  readonly product: string;
  readonly version: string;
  /** `canary → stable` */
  readonly stage: string;
  /**
   * From 0 to 1: how much of the way to the earliest promotion is behind it, or of the test entities that are needed where
   * no instant is known; null: nothing to measure.
   */
  readonly share: number | null;
  /** Test entities that recall the release when `needed` of them are unhealthy; null: no such condition. */
  readonly unhealthy: { readonly count: number; readonly needed: number } | null;
  /** `1/3 healthy`, `25 min of 1 h` */
  readonly soak: string;
  /** `earliest 16:00, in 2 h`, or why not. */
  readonly outlook: string;
  /** Other releases of the product at its stages. */
  readonly more: number;
}

/** A recall is news on the wall for this long, milliseconds. */
const newsMs = 30 * 60_000;

/** A lane per product in flight: recalled lately first, then in trouble, then what is due next; at most `room`. */
export function pipelineLanes(board: WallBoard, now: number, room: number): { lanes: Lane[]; hidden: number } {
  const productIds = [...new Set(Object.values(board.evaluations).map(({ productId }) => productId))];
  const lanes = productIds
    .flatMap((productId) => laneOf(board, productId, now) ?? [])
    .sort((a, b) => a.rank - b.rank || a.due - b.due || a.lane.key - b.lane.key)
    .map(({ lane }) => lane);
  return { lanes: lanes.slice(0, room), hidden: Math.max(0, lanes.length - room) };
}

function laneOf(board: WallBoard, productId: number, now: number): { lane: Lane; rank: number; due: number } | null {
  const recalled = Object.values(board.evaluations).find(
    (one) => one.productId === productId && one.status === 'recalled' && now - (one.endedAt ?? now) < newsMs,
  );
  const undecided = stagesInFlight(board, productId);
  const troubled = undecided.find(isTroubled);
  const shown = recalled ?? troubled ?? undecided.find(({ kind }) => kind === 'canary') ?? undecided[0];
  if (!shown) return null;
  const paused = Object.values(board.pipelines).find((one) => one.productId === productId)?.paused ?? null;
  const lane = {
    key: productId,
    mark: paused && shown.endedAt === null ? ('held' as const) : markOf(shown),
    product: productName(board, productId),
    version: shown.version,
    stage: `${shown.source} → ${shown.target}`,
    ...soakOf(shown, now),
    outlook: paused && shown.endedAt === null ? `paused by ${paused.by}` : outlookOf(shown, now),
    more: undecided.filter(({ id }) => id !== shown.id).length,
  };
  const rank = shown.status === 'recalled' ? 0 : isTroubled(shown) ? 1 : 2;
  return { lane, rank, due: shown.eligibleAt ?? Infinity };
}

/** It cannot be judged, or a test entity is unhealthy. */
function isTroubled({ status, measured }: EvaluationView): boolean {
  return status === 'paused' || (measured !== null && measured.unhealthy > 0);
}

function markOf(evaluation: EvaluationView): Mark {
  return evaluation.status === 'evaluating' && isTroubled(evaluation) ? 'degraded' : stageMarks[evaluation.status];
}

function soakOf(
  { measured, reasons, since: begun, eligibleAt }: EvaluationView,
  now: number,
): Pick<Lane, 'share' | 'soak' | 'unhealthy'> {
  if (measured) {
    const { healthy, neededHealthy, unhealthy, neededUnhealthy } = measured;
    return {
      share:
        neededHealthy === null
          ? null
          : (wayTo(begun, eligibleAt, now) ?? Math.min(1, healthy / Math.max(1, neededHealthy))),
      soak:
        neededHealthy === null
          ? `${measured.arrived}/${measured.selected} on it`
          : `${healthy}/${neededHealthy} healthy`,
      unhealthy: neededUnhealthy === null ? null : { count: unhealthy, needed: neededUnhealthy },
    };
  }
  const soaking = reasons.find(({ code }) => code === 'soaking');
  const since = Number(soaking?.['since']);
  const until = soaking?.until;
  if (!soaking || until === undefined || !(until > since)) return { share: null, soak: '', unhealthy: null };
  return {
    share: wayTo(since, until, now),
    soak: `${durationText(Number(soaking['durationMs']))} soak`,
    unhealthy: null,
  };
}

function wayTo(since: number, until: number | null, now: number): number | null {
  return until === null || until <= since ? null : Math.min(1, Math.max(0, (now - since) / (until - since)));
}

function outlookOf({ status, reasons, eligibleAt, endedAt }: EvaluationView, now: number): string {
  if (status === 'recalled') return `recalled ${relativeText(endedAt ?? now, now)}`;
  if (eligibleAt !== null) {
    return `earliest ${shortInstantText(eligibleAt, now).slice(0, -3)}, ${relativeText(eligibleAt, now)}`;
  }
  const last = reasons.at(-1);
  if (last?.code === 'held') return 'held';
  if (reasons.some(({ code }) => code === 'label_missing')) return 'label missing';
  return status === 'paused' ? 'no test entity' : 'no date yet';
}
