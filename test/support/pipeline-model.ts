/**
 * The domain as a second opinion on what the services stored: facts from what the test itself did (who reported what,
 * who said what of its health), never from the tables of health or from a reading that was carried on.
 */
import type { SoakCalendar } from '../../server/domain/calendar.ts';
import { judgeCanary } from '../../server/domain/canary.ts';
import { healthNow, measureSoak, producesHealth, soakSince, type HealthPolicy } from '../../server/domain/health.ts';
import { countedSpans } from '../../server/domain/calendar.ts';
import { healthTimeline } from '../../server/domain/health-timeline.ts';
import { inForce, saidOfRelease, type HealthState, type Observation } from '../../server/domain/observation.ts';
import { readSoak } from '../../server/domain/soak-reading.ts';
import { selectEntities } from '../../server/domain/filters.ts';
import type { PipelineStage } from '../../server/domain/pipeline.ts';
import type { StageVerdict } from '../../server/domain/stages.ts';
import { judgeTimed } from '../../server/domain/timed.ts';
import { compareVersions } from '../../server/domain/versions.ts';
import type { WindowSchedule } from '../../server/domain/windows.ts';
import type { World } from './world.ts';

export interface ModelHost {
  environment: string;
  labels: Readonly<Record<string, string>>;
  /** What it reported, in order of time. */
  reported: { at: number; version: string | null }[];
  observations: Observation[];
}

export interface Model {
  hosts: ModelHost[];
  labels: Map<string, Readonly<Record<string, string>>>;
  calendar: SoakCalendar;
  windows: WindowSchedule;
  criteria: { healthyPpm: number; unhealthyPpm: number };
  terminalIsUnhealthy: boolean;
  staleAfterMs: number;
}

interface Entry {
  version: string;
  channel: string;
  at: number;
}

/** Where the releases are, and which are recalled: the only thing that is taken from the tables. */
export async function placesIn({ ctx }: World) {
  const { $client: sql } = ctx.db;
  const entries = await sql<Entry[]>`
    select r.version, c.name as channel, (extract(epoch from e.active_since) * 1000)::float8 as at
    from channel_entry e join channel c on c.id = e.channel_id join release r on r.id = e.release_id
    where e.demoted_at is null`;
  const recalls = await sql<{ version: string; at: number }[]>`
    select range->>'only' as version, (extract(epoch from opened_at) * 1000)::float8 as at from recall`;
  return { entries: [...entries], recalls: [...recalls] };
}

/**
 * What the domain says of a release at a stage at an instant. `happened`: only promotions and recalls of before that instant
 * have happened; a look that came after one of the very same instant has seen it.
 */
export function verdictAt(
  model: Model,
  { entries, recalls }: Awaited<ReturnType<typeof placesIn>>,
  stage: PipelineStage,
  version: string,
  since: number,
  at: number,
  happened = at,
): StageVerdict {
  const on = (channel: string, name: string) =>
    entries.find((entry) => entry.channel === channel && entry.version === name);
  const before = entries.filter((entry) => entry.at < happened);
  const newer = (channel: string) =>
    before.some(
      (entry) =>
        entry.channel === channel &&
        compareVersions(entry.version, version) > 0 &&
        !recalls.some((recall) => recall.version === entry.version && recall.at < happened),
    );
  const common = {
    labels: model.labels.get(version) ?? {},
    recalled: recalls.some((recall) => recall.version === version && recall.at < happened),
    onTarget: (on(stage.target, version)?.at ?? Infinity) < happened,
    onSourceSince: on(stage.source, version)?.at ?? null,
    targetIsNewer: newer(stage.target),
    schedule: model.windows,
    holds: [],
  };
  if (stage.kind === 'timed') return judgeTimed(stage, { ...common, timeZone: model.calendar.timeZone }, at);
  const names = [...new Map(model.hosts.map(({ environment, labels }) => [environment, labels]))];
  const selected = selectEntities(
    names.map(([name, labels]) => ({ name, labels })),
    stage.filters,
  );
  const newest = !before.some((entry) => entry.channel === stage.source && compareVersions(entry.version, version) > 0);
  return judgeCanary(
    stage,
    {
      ...common,
      entities: selected.map(({ name }) => entityAt(model, name, version, at)),
      criteria: model.criteria,
      calendar: model.calendar,
      evaluatingSince: since,
      newestOnSource: newest,
    },
    at,
  );
}

function entityAt(model: Model, name: string, version: string, at: number) {
  const hosts = model.hosts.filter(({ environment }) => environment === name);
  const nodes = hosts.filter(({ reported }) => latest(reported, at)?.version != null);
  const since = soakSince(
    nodes.map(({ reported }) => {
      const last = latest(reported, at)!;
      return { since: last.version === version ? last.at : null };
    }),
  );
  const said = hosts.flatMap(({ observations }) => observations.filter((one) => one.at <= at));
  const policy: HealthPolicy = {
    expectsHealth: said.some(({ state }) => state !== null) || anyState(model, at),
    terminalIsUnhealthy: model.terminalIsUnhealthy,
  };
  const left = hosts.flatMap(({ reported }) => leaving(reported, version, at));
  const leftAt = since === null && left.length > 0 ? Math.max(...left) : null;
  if (since === null)
    return { name, soak: null, health: 'neutral' as const, producesHealth: policy.expectsHealth, leftAt };
  const spoken = nodes.map(({ reported, observations }) =>
    saidOfRelease(observations, latest(reported, at)!.at).filter((one) => one.at <= at),
  );
  const { calendar, staleAfterMs } = model;
  const span = { from: since, to: at };
  const timeline = healthTimeline(spoken.map((list) => inForce(list, staleAfterMs)));
  const reading = readSoak(timeline, span, countedSpans(span, calendar));
  return {
    name,
    soak: measureSoak(spoken, span, { staleAfterMs, calendar, policy }),
    health: healthNow(reading, policy),
    producesHealth: producesHealth(reading, policy),
    leftAt,
  };
}

function anyState({ hosts }: Model, at: number): boolean {
  return hosts.some(({ observations }) => observations.some((one) => one.at <= at && one.state !== null));
}

function latest(reported: ModelHost['reported'], at: number) {
  return reported.findLast((report) => report.at <= at);
}

function leaving(reported: ModelHost['reported'], version: string, at: number): number[] {
  return reported.flatMap((report, i) =>
    report.at <= at && report.version !== version && reported[i - 1]?.version === version ? [report.at] : [],
  );
}

export function observation(at: number, state: HealthState | null, live: boolean): Observation {
  return { at, receivedAt: at, live, state };
}
