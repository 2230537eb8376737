import type { ActivityKind, AnyActivity, EntityKind, EntityViews } from '../../server/domain/activity.ts';
import { apply, emptyBoard, type Board } from '../../server/domain/board.ts';
import type { HostView, JobView, ReleaseView, TaskView } from '../../server/domain/views.ts';

/** One fact to be told: the view as it stands after it, without its revision. */
export type Say<K extends EntityKind> = { kind: ActivityKind; actor?: string; detail?: Record<string, unknown> } & {
  entity: K;
  view: Omit<EntityViews[K], 'revision'>;
};

/**
 * A log that is written as a test goes along, and the board that folds it. Revisions and cursors rise as the server's
 * do; time moves only when it is told to.
 */
export class Story {
  readonly board: Board = emptyBoard();
  now: number;
  #sequence = 0;
  #revisions = new Map<string, number>();

  constructor(now: number) {
    this.now = now;
  }

  /** Appends one activity, folds it into the board and returns it. */
  say<K extends EntityKind>({ kind, entity, view, actor = 'signalbox', detail = {} }: Say<K>): AnyActivity {
    const key = `${entity}:${view.id}`;
    const revision = (this.#revisions.get(key) ?? 0) + 1;
    this.#revisions.set(key, revision);
    const own = view as unknown as Partial<Record<'productId' | 'environmentId' | 'hostId' | 'jobId', number>>;
    const activity = {
      cursor: `${1000 + ++this.#sequence}.${this.#sequence}`,
      at: this.now,
      kind,
      entity: { kind: entity, id: view.id, revision },
      actor,
      productId: entity === 'product' ? view.id : (own.productId ?? null),
      environmentId: entity === 'environment' ? view.id : (own.environmentId ?? null),
      hostId: entity === 'host' ? view.id : (own.hostId ?? null),
      jobId: entity === 'job' ? view.id : (own.jobId ?? null),
      view: { ...view, revision },
      detail,
    } as unknown as AnyActivity;
    apply(this.board, activity);
    return activity;
  }

  host(id: number, change: Partial<HostView>, kind: ActivityKind = 'host.live', detail = {}): AnyActivity {
    return this.say({ kind, entity: 'host', detail, view: { ...(this.board.hosts[id] as HostView), ...change } });
  }

  release(id: number, change: Partial<ReleaseView>, kind: ActivityKind): AnyActivity {
    return this.say({ kind, entity: 'release', view: { ...(this.board.releases[id] as ReleaseView), ...change } });
  }

  job(id: number, change: Partial<JobView>, kind: ActivityKind = 'job.progressed', actor = 'signalbox'): AnyActivity {
    return this.say({ kind, entity: 'job', actor, view: { ...(this.board.jobs[id] as JobView), ...change } });
  }

  /** Moves a host's task, and the counts of its job with it. */
  task(hostId: number, change: Partial<TaskView>, kind: ActivityKind = 'task.step'): AnyActivity[] {
    const before = this.board.tasks[hostId] as TaskView;
    const after = { ...before, steps: [], ...change };
    const said = [this.say({ kind, entity: 'task', view: after })];
    if (after.status === before.status) return said;
    const job = this.board.jobs[before.jobId] as JobView;
    const counts = { ...job.counts };
    counts[before.status] -= 1;
    counts[after.status] += 1;
    return [...said, this.job(job.id, { counts })];
  }
}
