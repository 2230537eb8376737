import type { Reader } from '../../../db/connect.ts';
import {
  evaluationsOf,
  placedReleases,
  staysOn,
  type KnownEvaluation,
  type PlacedRelease,
  type StayRow,
} from '../../../db/queries/evaluations.ts';
import { holdsStanding } from '../../../db/queries/holds.ts';
import { settingsOf, type PipelineSettings } from '../../../db/queries/pipelines.ts';
import { recallsStanding } from '../../../db/queries/recalls.ts';
import type { ProductRow } from '../../../db/queries/releases.ts';
import { candidatesOf, nodesOf, outages, type Candidate, type NodeRow } from '../../../db/queries/soaks.ts';
import type { SoakCalendar } from '../../domain/calendar.ts';
import { decideHolds, type Hold } from '../../domain/holds.ts';
import { isRecalled, type Recall } from '../../domain/recall.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Transition } from '../../domain/pipeline.ts';
import type { StageFacts } from '../../domain/stages.ts';
import { isNewer } from '../../domain/versions.ts';
import { measureSoaks, soakingEntities, type Measure, type SoakMemory, type Soaking } from './soak-memory.ts';

/** Everything that is committed about one product's pipeline, read for one look at it. */
export interface PipelineFacts {
  product: ProductRow;
  settings: PipelineSettings;
  calendar: SoakCalendar;
  placed: readonly PlacedRelease[];
  byChannel: ReadonlyMap<string, readonly PlacedRelease[]>;
  recalls: readonly Recall[];
  holds: readonly Hold[];
  known: readonly KnownEvaluation[];
  candidates: readonly Candidate[];
  nodes: ReadonlyMap<number, readonly NodeRow[]>;
  soaking: ReadonlyMap<number, Soaking>;
  measured: ReadonlyMap<number, Measure>;
  /** By release, then environment. */
  stays: ReadonlyMap<number, ReadonlyMap<number, StayRow>>;
}

/**
 * Reads the facts of a product's pipeline; with a transaction for a reader, those that it commits on. Without a memory
 * no soak is measured: who shows a graph asks for none.
 */
export async function readPipelineFacts(
  reader: Reader,
  product: ProductRow,
  memory: SoakMemory | null,
  now: number,
): Promise<PipelineFacts> {
  const settings = await settingsOf(reader, product.id);
  const placed = await placedReleases(reader, product.id);
  const known = await evaluationsOf(reader, product.id);
  const nodes = Map.groupBy(await nodesOf(reader, product.id), ({ environmentId }) => environmentId);
  const { timeZone, excludeWeekends } = settings;
  const calendar = { timeZone, excludeWeekends, outages: await outages(reader) };
  const soaking = soakingEntities(nodes);
  return {
    product,
    settings,
    calendar,
    placed,
    byChannel: Map.groupBy(placed, ({ channel }) => channel),
    recalls: await recallsStanding(reader, product.id),
    holds: await holdsStanding(reader, now),
    known,
    candidates: await candidatesOf(reader, product.id),
    nodes,
    soaking: new Map(soaking.map((entity) => [entity.environmentId, entity])),
    measured:
      memory && soaks(settings)
        ? await measureSoaks(reader, product.id, soaking, { memory, calendar, policy: settings }, now)
        : new Map(),
    stays: staysByRelease(await staysOn(reader, [...new Set(undecided(known))])),
  };
}

/** Only a canary stage asks how entities are. */
function soaks({ stages }: PipelineSettings): boolean {
  return stages.some(({ kind }) => kind === 'canary');
}

function undecided(known: readonly KnownEvaluation[]): number[] {
  return known.filter(({ endedAt }) => endedAt === null).map(({ releaseId }) => releaseId);
}

function staysByRelease(rows: readonly StayRow[]): Map<number, Map<number, StayRow>> {
  const byRelease = Map.groupBy(rows, ({ releaseId }) => releaseId);
  return new Map([...byRelease].map(([id, stays]) => [id, new Map(stays.map((stay) => [stay.environmentId, stay]))]));
}

/** The entry of a release on a channel, if it has one. */
export function entryOn(facts: PipelineFacts, channel: string, releaseId: number): PlacedRelease | undefined {
  return facts.byChannel.get(channel)?.find((entry) => entry.releaseId === releaseId);
}

/** What every stage looks at of one release. Rule: section 7 (Order of judgement). */
export function stageFacts(
  facts: PipelineFacts,
  { source, target }: Transition,
  release: Pick<PlacedRelease, 'releaseId' | 'version' | 'labels'>,
  startedBy: 'person' | 'automation',
  now: number,
): StageFacts {
  const { versioning } = facts.product;
  const from = entryOn(facts, source, release.releaseId);
  const position = { version: release.version, sequence: from?.sequence ?? null };
  return {
    labels: release.labels,
    recalled: isRecalled(facts.recalls, release.version),
    onTarget: entryOn(facts, target, release.releaseId) !== undefined,
    onSourceSince: from && !from.demoted ? from.activeSince : null,
    targetIsNewer: newerOnTarget(facts, source, target, position),
    schedule: facts.settings.windows,
    holds: holdsOnPromotion(
      facts,
      {
        kind: 'promotion',
        startedBy,
        versioning,
        product: facts.product.name,
        channels: [source, target],
        release: position,
      },
      now,
    ),
  };
}

/**
 * An entry that is active, and served, on the target and newer. Where the sequence is the order, it is that of the source:
 * the release has none on the target, so the others are placed by theirs there.
 */
function newerOnTarget(
  facts: PipelineFacts,
  source: string,
  target: string,
  position: { version: string; sequence: number | null },
): boolean {
  const { versioning } = facts.product;
  return (facts.byChannel.get(target) ?? []).some((entry) => {
    if (entry.demoted || isRecalled(facts.recalls, entry.version)) return false;
    const sequence = entryOn(facts, source, entry.releaseId)?.sequence ?? null;
    return isNewer(versioning, { version: entry.version, sequence }, position);
  });
}

function holdsOnPromotion(
  facts: PipelineFacts,
  work: Parameters<typeof decideHolds>[1],
  now: number,
): readonly Reason<'held'>[] {
  const decision = decideHolds(facts.holds, work, now);
  return decision.allowed ? [] : [decision.refusal];
}
