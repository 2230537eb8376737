/** What the tests of recalls share: a product on two channels, hosts that run what they are told to, the test as worker. */
import { recallViews } from '../../db/queries/pipeline-views.ts';
import { jobViews, taskViews } from '../../db/queries/views.ts';
import { advanceRecalls } from '../../server/services/recall/advance.ts';
import { openRecall } from '../../server/services/recall/open.ts';
import { previewRecall } from '../../server/services/recall/preview.ts';
import { revertRecall } from '../../server/services/recall/revert.ts';
import { showRecall } from '../../server/services/recall/show.ts';
import { endDownload } from '../../server/services/release/download.ts';
import type { RecallInput } from '../../server/services/recall/open.ts';
import { pipelines, type Pipelines } from './pipeline.ts';
import { rollouts } from './rollout.ts';
import type { World } from './world.ts';

export type Asked = Partial<Omit<RecallInput, 'productId'>> & { reason?: string };

/** Two hosts in a plant and one in a lab, which all follow the same channel; parts of it as a test says otherwise. */
export const recallFleet = ({
  environment = {},
  product = {},
  more = {},
}: Record<'environment' | 'product' | 'more', object> | Record<string, object> = {}) => ({
  products: [
    { name: 'orders', channels: ['stable'], entryChannels: ['stable'], feed: { folder: '/srv/feed' }, ...product },
  ],
  environments: [
    { name: 'plant', subscriptions: { orders: 'stable' }, ...environment },
    { name: 'lab', subscriptions: { orders: 'stable' } },
  ],
  hosts: ['plant', 'plant', 'lab'].map((name, i) => ({
    name: `line-${i + 1}`,
    environment: name,
    root: `/srv/${i + 1}`,
    local: true,
  })),
  ...more,
});

export interface Recalls extends Pipelines {
  rollout: ReturnType<typeof rollouts>;
  /** Every host runs 1.1.0; these releases can be had. */
  ready(versions: readonly string[], parts?: Parameters<typeof recallFleet>[0]): Promise<void>;
  /** Publishes versions of `orders`, and their packages are on the server. */
  good(versions: readonly string[], labels?: Record<string, string>): Promise<void>;
  /** Delivers all that waits for pipelines, recalls and downloads. */
  follow(): Promise<void>;
  open(asked: Asked): ReturnType<typeof openRecall.run>;
  preview(asked: Asked): ReturnType<typeof previewRecall.run>;
  revert(id: number): ReturnType<typeof revertRecall.run>;
  /** `line-1 1.1.0 starts 1.2.0`: one line a host that runs what the recall covers. */
  hosts(id: number): Promise<string[]>;
  /** `roll-off 1.2.0 queued Ana: line-1, line-2`: one line a job that takes a release to hosts. */
  jobs(): Promise<string[]>;
}

export function recalls(world: World): Recalls {
  const { ctx, operator } = world;
  const line = pipelines(world);
  const rollout = rollouts(world);
  const released = async () => Number((await ctx.db.$client`select count(*) as n from release`)[0]!['n']);
  const inputOf = ({ range = { only: '1.1.0' }, except = [], strategy = { type: 'forward' } }: Asked) => ({
    productId: 1,
    range,
    except,
    strategy,
  });

  const it: Recalls = {
    ...line,
    rollout,
    async ready(versions, parts = {}) {
      await it.declare(recallFleet(parts));
      await it.good(versions);
      for (const hostId of [1, 2, 3]) await it.report(hostId, '1.1.0');
      await it.follow();
    },
    async good(versions, labels) {
      const before = await released();
      await line.publish(versions, labels);
      await rollout.download(versions.map((_, i) => before + i + 1));
    },
    async follow() {
      for (let moved = true; moved;) {
        moved = false;
        await line.settle();
        for (const { productId } of await world.take('recall.advance')) {
          moved = true;
          await advanceRecalls(ctx, productId);
        }
        for (const { jobId } of await world.take('release.download')) {
          moved = true;
          await endDownload(ctx, jobId, { status: 'succeeded', hooks: {} });
        }
      }
    },
    open: (asked) => openRecall.run(ctx, operator, { ...inputOf(asked), reason: asked.reason ?? 'loses orders' }),
    preview: (asked) => previewRecall.run(ctx, operator, inputOf(asked)),
    revert: (id) => revertRecall.run(ctx, operator, { id, reason: 'was the network' }),
    async hosts(id) {
      const { hosts } = await showRecall.run(ctx, operator, { id });
      return hosts.map(({ name, version, outcome, target, reason }) =>
        [name, version, outcome, target?.version, reason?.code].filter(Boolean).join(' '),
      );
    },
    async jobs() {
      const jobs = (await jobViews(ctx.db, {})).filter(({ kind }) => kind !== 'download');
      const tasks = Map.groupBy(await taskViews(ctx.db, {}), ({ jobId }) => jobId);
      return jobs.map(({ id, kind, version, status, requestedBy, problem }) => {
        const hosts = (tasks.get(id) ?? []).map(({ hostName }) => hostName).join(', ');
        return `${[kind, version, status, problem?.code, requestedBy].filter(Boolean).join(' ')}: ${hosts}`;
      });
    },
  };
  return it;
}

export const recallsOf = (world: World) => recallViews(world.ctx.db, {});

/** What refuses it, in words; null: nothing does. */
export const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: Error) => error.message,
  );
