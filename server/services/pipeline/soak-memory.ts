import { intervalsOf, type NodeRow } from '../../../db/queries/soaks.ts';
import type { Reader } from '../../../db/connect.ts';
import { countedMsIn, countedSpans, type SoakCalendar, type Span } from '../../domain/calendar.ts';
import { healthNow, producesHealth, soakFigures, soakSince, type HealthPolicy } from '../../domain/health.ts';
import { healthTimeline } from '../../domain/health-timeline.ts';
import { inForceOfRelease, type InForce } from '../../domain/observation.ts';
import type { EntitySoak } from '../../domain/evaluation.ts';
import { readSoak, type SoakReading } from '../../domain/soak-reading.ts';

/**
 * What this process has read of a product's entities, so that a look needs one row a node: only entities of which
 * something is another than at the last look are read anew. Never the truth: whoever has none reads everything.
 */
export interface SoakMemory {
  /** What every reading depends on: zone, weekends, outages. */
  calendar: string;
  /** By environment. */
  readings: Map<number, Remembered>;
}

interface Remembered {
  /** Release, beginning of the soak, and the edition of every node: the reading is of these. */
  key: string;
  last: SoakReading;
  /** The nodes that were silent at that instant: until when their last words had counted, by host. */
  silent: ReadonlyMap<number, number>;
}

export function newSoakMemory(): SoakMemory {
  return { calendar: '', readings: new Map() };
}

/** An entity that runs one release on all its nodes. */
export interface Soaking {
  environmentId: number;
  releaseId: number;
  since: number;
  nodes: readonly NodeRow[];
}

/** The entities that run some release on every node, with when its last node reported it. Rule: section 5. */
export function soakingEntities(byEnvironment: ReadonlyMap<number, readonly NodeRow[]>): Soaking[] {
  return [...byEnvironment].flatMap(([environmentId, nodes]) => {
    const releaseId = nodes[0]?.releaseId ?? null;
    if (releaseId === null) return [];
    const since = soakSince(nodes.map((node) => ({ since: node.releaseId === releaseId ? node.reportedAt : null })));
    return since === null ? [] : [{ environmentId, releaseId, since, nodes }];
  });
}

export type Measure = Pick<EntitySoak, 'soak' | 'health' | 'producesHealth'>;

/** The soak of each of these entities at `now`, by environment. Rule: section 5. */
export async function measureSoaks(
  reader: Reader,
  productId: number,
  entities: readonly Soaking[],
  { memory, calendar, policy }: { memory: SoakMemory; calendar: SoakCalendar; policy: HealthPolicy },
  now: number,
): Promise<Map<number, Measure>> {
  const calendarKey = JSON.stringify(calendar);
  if (memory.calendar !== calendarKey) Object.assign(memory, { calendar: calendarKey, readings: new Map() });
  const from = entities.reduce((least, { since }) => Math.min(least, since), now);
  const counted = countedSpans({ from, to: now }, calendar);
  const changed = entities.filter((entity) => !carriesOn(memory, entity, now));
  await readAnew(reader, productId, changed, memory, counted, now);
  const here = new Set(entities.map(({ environmentId }) => environmentId));
  for (const id of memory.readings.keys()) if (!here.has(id)) memory.readings.delete(id);
  return new Map(
    entities.map(({ environmentId }) => {
      const { last } = memory.readings.get(environmentId)!;
      const passed = { wallMs: now - last.at, countedMs: countedMsIn(counted, { from: last.at, to: now }) };
      const measure = {
        soak: soakFigures(last, policy, passed),
        health: healthNow(last, policy),
        producesHealth: producesHealth(last, policy, passed),
      };
      return [environmentId, measure] as const;
    }),
  );
}

function keyOf({ releaseId, since, nodes }: Soaking): string {
  return `${releaseId}@${since}:${nodes.map(({ hostId, edition }) => `${hostId}.${edition}`).join()}`;
}

/**
 * Whether the last reading holds on until `now`: no node has said another thing, what each said has not run out since,
 * and who was silent then is so still: words that came late would fill a silence that was read.
 */
function carriesOn(memory: SoakMemory, entity: Soaking, now: number): boolean {
  const known = memory.readings.get(entity.environmentId);
  if (!known || known.last.at > now || known.key !== keyOf(entity)) return false;
  return entity.nodes.every(({ hostId, edition, to }) => {
    const silentSince = known.silent.get(hostId);
    return edition === null || (silentSince === undefined ? now <= to : silentSince === to);
  });
}

/** Entities at a time: what was in force on ten thousand hosts for weeks does not lie in memory at once. */
const CHUNK = 500;

async function readAnew(
  reader: Reader,
  productId: number,
  entities: readonly Soaking[],
  memory: SoakMemory,
  counted: readonly Span[],
  now: number,
): Promise<void> {
  for (let i = 0; i < entities.length; i += CHUNK) {
    const chunk = entities.slice(i, i + CHUNK);
    const asked = chunk.flatMap(({ since, nodes }) => nodes.map(({ hostId }) => ({ hostId, since })));
    const before = await intervalsOf(reader, productId, asked);
    for (const entity of chunk) {
      const timeline = healthTimeline(entity.nodes.map((node) => inForceThere(node, before)));
      const last = readSoak(timeline, { from: Math.min(entity.since, now), to: now }, counted);
      memory.readings.set(entity.environmentId, { key: keyOf(entity), last, silent: silentAt(entity.nodes, now) });
    }
  }
}

/** What was in force on a node of the release that it reports. `before`: by host, what came before its last interval. */
export function inForceThere(
  { hostId, edition, from, to, live, state, saidAt, reportedAt }: NodeRow,
  before: ReadonlyMap<number, readonly InForce[]>,
): InForce[] {
  if (edition === null) return [];
  return inForceOfRelease([...(before.get(hostId) ?? []), { from, to, live, state }], saidAt, reportedAt);
}

const NOBODY: ReadonlyMap<number, number> = new Map();

function silentAt(nodes: readonly NodeRow[], now: number): ReadonlyMap<number, number> {
  const silent = nodes.filter(({ edition, to }) => edition !== null && to <= now);
  return silent.length === 0 ? NOBODY : new Map(silent.map(({ hostId, to }) => [hostId, to]));
}
