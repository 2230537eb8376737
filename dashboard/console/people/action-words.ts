import { ACTIONS, mayDo, ROLES } from '../../../server/domain/permission.ts';
import type { Action, Role } from '../../../server/domain/permission.ts';

/** Every action of the permission table as people say it. */
export const actionWords = {
  'board.read': 'See wall, console and holds',
  'release.read': 'See releases',
  'release.check': 'Check feeds now',
  'release.download': 'Download a release',
  'release.publish': 'Publish a release',
  'release.edit': 'Edit a release',
  'release.archive': 'Archive a release',
  'release.promote': 'Promote a release',
  'release.demote': 'Demote and un-demote a release',
  'release.rollback': 'Roll hosts back',
  'pipeline.read': 'See pipelines, evaluations and recalls',
  'pipeline.save': 'Change a pipeline',
  'pipeline.pause': 'Pause and resume a pipeline',
  'evaluation.reopen': 'Reopen an evaluation',
  'recall.open': 'Recall a release',
  'recall.revert': 'Revert a recall',
  'client.read': 'See clients, adoption and the matrix',
  'client.check': 'Have a client look for releases now',
  'client.deploy': 'Note what a client deployed',
  'client.token': "Issue and revoke clients' feed tokens",
  'job.read': 'See jobs',
  'job.install': 'Install a release',
  'job.cancel': 'Cancel a job',
  'job.retry': 'Re-run a job',
  'job.pause': 'Pause, resume and continue a job',
  'host.read': 'See hosts',
  'health.report': 'Report the health of hosts',
  'host.trust': 'Trust a host key',
  'log.read': 'Read logs of hosts',
  'activity.read': 'Read the log',
  'evidence.read': 'Download evidence',
  'approval.read': 'See approvals',
  'approval.decide': 'Decide an approval',
  'approval.cancel': 'Cancel a request for approval',
  'hold.create': 'Put a hold',
  'hold.release': 'Release a hold',
  'incident.acknowledge': 'Acknowledge and resolve an incident',
  'display.manage': 'Pair wall displays',
  'fleet.read': 'See the fleet file',
  'fleet.apply': 'Apply a fleet file',
  'token.manage': 'Manage API tokens',
  'person.manage': 'Invite people',
  'break_glass.use': 'Break the glass',
} as const satisfies Record<Action, string>;

/** What the roles alone do not say. */
export const actionNotes: Partial<Record<Action, string>> = {
  'approval.decide': 'The rule of the request says whose decision counts.',
  'approval.cancel': 'The requester, or an operator.',
};

export interface PermissionRow {
  readonly action: Action;
  readonly word: string;
  readonly note: string | null;
  readonly roles: Readonly<Record<Role, boolean>>;
  /** Tokens and bots never do it, whatever their roles. */
  readonly personOnly: boolean;
  /** Why I may not; null: I may. */
  readonly mine: string | null;
}

/** The permission table, one row per action, judged by the table itself. `refusal`: why the reader may not. */
export function permissionRows(refusal: (action: Action) => string | null): PermissionRow[] {
  return ACTIONS.map((action) => ({
    action,
    word: actionWords[action],
    note: actionNotes[action] ?? null,
    roles: Object.fromEntries(
      ROLES.map((role) => [role, mayDo({ kind: 'person', grants: [{ role }] }, action).allowed]),
    ) as Record<Role, boolean>,
    personOnly: !mayDo({ kind: 'token', grants: ROLES.map((role) => ({ role })) }, action).allowed,
    mine: refusal(action),
  }));
}
