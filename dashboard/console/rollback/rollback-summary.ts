import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';
import { jobHasEnded } from '../../../server/domain/task-transition.ts';
import type { JobView } from '../../../server/domain/views.ts';
import { badTasks } from '../../live/select.ts';

export type RollbackPreview = OutputOf<Api['rollbacks.preview']>;
export type RollbackHost = RollbackPreview['hosts'][number];
export type RollbackResult = OutputOf<Api['rollbacks.start']>;

/** Why a job's hosts cannot be rolled back from its page; null: the server can be asked. Rule: section 9. */
export function rollbackRefusal(job: JobView): string | null {
  if (job.kind === 'rollback') return 'A rollback is not rolled back: install the release you want.';
  if (!jobHasEnded(job.status) && badTasks(job) === 0) return 'No host of this job has failed so far.';
  return null;
}

/** The count is of hosts that failed or could not be reached; which others are affected, the dialog asks the server. */
export function rollbackLabel(job: JobView): string {
  return `Roll back affected (${badTasks(job)})`;
}

const causeWords: Record<RollbackHost['causes'][number], string> = {
  failed: 'failed',
  unreachable: 'unreachable',
  inconsistent: 'inconsistent',
  unhealthy: 'unhealthy',
};

/** `failed, inconsistent`, or `healthy`. */
export function causeText({ causes }: RollbackHost): string {
  return causes.length === 0 ? 'healthy' : causes.map((cause) => causeWords[cause]).join(', ');
}

/** The hosts that the dialog lists: affected ones, and the others that it covers once healthy ones are included. */
export function listedHosts({ hosts }: RollbackPreview, includeHealthy: boolean): RollbackHost[] {
  return hosts.filter(({ causes, chosen }) => causes.length > 0 || (includeHealthy && chosen));
}

export function isStuck({ reason }: Pick<RollbackHost, 'reason'>): boolean {
  return reason?.code === 'no_known_good';
}

/** What happens to a host, in a few words: `1.0.0, still on the host`, `stays as it is`, `nothing to do`. */
export function backTo(host: RollbackHost): string {
  if (host.outcome === 'skip') return `${host.target?.version ?? ''} already: nothing to do`;
  if (host.outcome === 'install' && host.target)
    return `${host.target.version}, ${host.onHost ? 'still on the host' : 'sent again'}`;
  return isStuck(host) ? 'no known-good release' : 'refused';
}
