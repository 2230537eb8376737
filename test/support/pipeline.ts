/** What the tests of pipelines share: a fleet that moves by itself, the hand-moved clock, and the test as worker and host. */
import { evaluationViews } from '../../db/queries/pipeline-views.ts';
import { noteReported } from '../../server/services/host/contact.ts';
import { enqueueDue } from '../../server/services/engine/due.ts';
import { recordFeedCheck } from '../../server/services/feed/record-check.ts';
import { tickPipeline, type PipelineMemory } from '../../server/services/pipeline/tick.ts';
import type { HealthState } from '../../server/domain/observation.ts';
import type { EvaluationView } from '../../server/domain/views.ts';
import { apply, type FleetContent } from './fleet.ts';
import type { World } from './world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const digestOf = (version: string) => version.replaceAll(/\D/g, '').padEnd(64, 'a');

export interface Pipelines {
  memories: PipelineMemory;
  declare(content: FleetContent): Promise<unknown>;
  /** Publishes versions of product 1, oldest first, with labels. */
  publish(versions: readonly string[], labels?: Record<string, string>): Promise<void>;
  /** Delivers what waits for the pipeline until nothing does. */
  settle(): Promise<void>;
  /** One look at the pipeline of product 1 now, as the next turn of the minute would be. */
  look(): Promise<void>;
  /** Lets the clock pass, turn by turn as its role would, at most `step` at a time. */
  pass(ms: number, step?: number): Promise<void>;
  report(hostId: number, version: string | null): Promise<void>;
  /** What a host says of its health, in force for `forMs` from now. */
  say(hostId: number, state: HealthState | null, forMs: number, live?: boolean): Promise<void>;
  evaluations(): Promise<EvaluationView[]>;
  /** `1.0.0 dev→canary evaluating soaking`: one line an evaluation, in the order in which they began. */
  told(): Promise<string[]>;
  /** Versions on a channel in the order of their sequence, a demoted one with a minus. */
  on(channel: string): Promise<string[]>;
}

export function pipelines(world: World): Pipelines {
  const { ctx, time } = world;
  const { $client: sql } = ctx.db;
  const memories: PipelineMemory = new Map();
  const published: Parameters<typeof recordFeedCheck>[2] & { releases: unknown[] } = { releases: [], problems: [] };

  async function settle(): Promise<void> {
    for (let messages = await world.take('pipeline.tick'); messages.length > 0;) {
      for (const productId of new Set(messages.map((message) => message.productId))) {
        await tickPipeline(ctx, memories, productId);
      }
      messages = await world.take('pipeline.tick');
    }
  }

  /** When the clock's next turn has something to do for a pipeline. */
  async function nextDue(): Promise<number> {
    const [row] = await sql<{ at: number | null }[]>`
      select min(coalesce(extract(epoch from pipeline_due_at) * 1000, 0))::float8 as at from product`;
    return row?.at ?? time.now;
  }

  const it: Pipelines = {
    memories,
    declare: (content) => apply(world, content),
    async publish(versions, labels = {}) {
      const more = versions.map((version) => ({
        version,
        digest: digestOf(version),
        size: 1_000,
        artifactUrl: `file:///srv/feed/orders-${version}.tar.gz`,
        signatureUrl: null,
        notes: '',
        labels,
        required: false,
        hooks: {},
      }));
      published.releases = [...(published.releases as typeof more), ...more] as never;
      await recordFeedCheck(ctx, 1, published);
    },
    settle,
    async look() {
      await tickPipeline(ctx, memories, 1);
      await settle();
    },
    async pass(ms, step = HOUR) {
      const end = time.now + ms;
      while (time.now < end) {
        const due = await nextDue();
        time.now = Math.min(end, Math.max(due, time.now + 1), time.now + step);
        await enqueueDue(ctx);
        await settle();
      }
    },
    report: (hostId, version) =>
      noteReported(ctx, 1, [{ hostId, reported: version === null ? null : { version, digest: digestOf(version) } }]),
    async say(hostId, state, forMs, live = true) {
      const [from, to] = [new Date(time.now).toISOString(), new Date(time.now + forMs).toISOString()];
      await sql`
        insert into health_interval (host_id, product_id, in_force_from, in_force_to, live, state)
        select n.host_id, n.product_id, n.in_force_from, least(n.in_force_to, ${from}::timestamptz,
          case when n.at < p.reported_at then p.reported_at end), n.live, n.state
        from health_now n left join host_product p using (host_id, product_id)
        where n.host_id = ${hostId} and n.product_id = 1 and n.in_force_from < ${from}::timestamptz`;
      await sql`
        insert into health_now (host_id, product_id, in_force_from, in_force_to, live, state, at)
        values (${hostId}, 1, ${from}, ${to}, ${live}, ${state}, ${from})
        on conflict (product_id, host_id) do update set in_force_from = excluded.in_force_from,
          in_force_to = excluded.in_force_to, live = excluded.live, state = excluded.state, at = excluded.at,
          edition = health_now.edition + 1`;
      if (state !== null) {
        await sql`update product set health_seen_at = coalesce(health_seen_at, ${from}::timestamptz) where id = 1`;
      }
    },
    evaluations: () => evaluationViews(ctx.db, {}),
    async told() {
      return (await it.evaluations()).map(({ version, source, target, status, reasons }) =>
        [version, `${source}→${target}`, status, ...reasons.map(({ code }) => code)].join(' '),
      );
    },
    async on(channel) {
      const rows = await sql<{ version: string; demoted: boolean }[]>`
        select r.version, e.demoted_at is not null as demoted from channel_entry e
        join release r on r.id = e.release_id join channel c on c.id = e.channel_id
        where c.name = ${channel} order by e.sequence`;
      return rows.map(({ version, demoted }) => `${demoted ? '-' : ''}${version}`);
    },
  };
  return it;
}
