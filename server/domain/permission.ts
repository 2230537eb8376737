import { allowed, refused, type Decision } from './reason.ts';
import { listed } from './wording.ts';

/** `reporter` is for machines: it sends health and may do nothing else, not even look. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin', 'reporter'] as const;
export type Role = (typeof ROLES)[number];

/** What a role brings along, itself included: admin is also operator, but never approver. Rule: section 11. */
const BRINGS = {
  viewer: ['viewer'],
  operator: ['operator', 'viewer'],
  approver: ['approver', 'viewer'],
  admin: ['admin', 'operator', 'viewer'],
  reporter: ['reporter'],
} as const satisfies Record<Role, readonly Role[]>;

/**
 * Which role may do what; a role that brings one of them along may too. Every route, socket event and chat command asks this table.
 * `approval.decide` and `approval.cancel` only let people as far as the request, whose own rule says who counts (approval.ts).
 */
export const PERMISSIONS = {
  'board.read': ['viewer'],
  'release.read': ['viewer'],
  'release.check': ['operator'],
  'release.download': ['operator'],
  'release.publish': ['operator'],
  'release.edit': ['operator'],
  'release.archive': ['operator'],
  'release.promote': ['operator'],
  'release.demote': ['operator'],
  'release.rollback': ['operator'],
  'pipeline.read': ['viewer'],
  'pipeline.save': ['admin'],
  'pipeline.pause': ['operator'],
  'evaluation.reopen': ['operator'],
  'recall.open': ['operator'],
  'recall.revert': ['operator'],
  'client.read': ['viewer'],
  'client.check': ['operator'],
  'client.deploy': ['operator'],
  'client.token': ['admin'],
  'job.read': ['viewer'],
  'job.install': ['operator'],
  'job.cancel': ['operator'],
  'job.retry': ['operator'],
  'job.pause': ['operator'],
  'host.read': ['viewer'],
  'health.report': ['reporter', 'operator'],
  'host.trust': ['operator'],
  'log.read': ['viewer'],
  'activity.read': ['viewer'],
  'evidence.read': ['viewer'],
  'approval.read': ['viewer'],
  'approval.decide': ['approver', 'operator'],
  'approval.cancel': ['viewer'],
  'hold.create': ['operator'],
  'hold.release': ['operator'],
  'incident.acknowledge': ['operator'],
  'display.manage': ['operator'],
  'fleet.read': ['viewer'],
  'fleet.apply': ['admin'],
  'token.manage': ['admin'],
  'person.manage': ['admin'],
  'break_glass.use': ['admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;
export const ACTIONS = Object.keys(PERMISSIONS) as readonly Action[];

/** All that a screen on a wall ever does: whoever takes its token away reads no log, no audit and no evidence with it. */
const SHOWN: Action = 'board.read';

/** What tokens, bots and Signalbox itself never do, whatever their roles: stand in for a person's judgement. Rule: section 11. */
const PERSONAL = new Set<Action>(['approval.decide', 'break_glass.use']);

/** Who sees, sees everything: a narrow grant narrows what somebody does, never what they see of the fleet around it. */
const seesAll = (action: Action) => action.endsWith('.read');

/** A role, in all of the fleet or only for one product, one environment or one product in one environment. */
export interface Grant {
  readonly role: Role;
  readonly product?: string | undefined;
  readonly environment?: string | undefined;
}

export type SubjectKind = 'person' | 'token' | 'bot' | 'display' | 'system';

export interface Subject {
  readonly kind: SubjectKind;
  readonly grants: readonly Grant[];
}

/** What an action is about. What is left out means all of it: a grant for one product does not reach what has no product. */
export interface Target {
  readonly product?: string | undefined;
  readonly environment?: string | undefined;
}

export type PermissionCode = 'person_only' | 'display_only' | 'role_missing' | 'out_of_scope';

/** The roles somebody has who was given these. Rule: section 11. */
export function impliedRoles(given: readonly Role[]): ReadonlySet<Role> {
  return new Set(given.flatMap((role) => BRINGS[role]));
}

/** Whether the subject may do this to the target; without a target, to all of the fleet. Rule: section 11. */
export function mayDo(subject: Subject, action: Action, target: Target = {}): Decision<PermissionCode> {
  if (PERSONAL.has(action) && subject.kind !== 'person') return personOnly(action, subject.kind);
  if (subject.kind === 'display' && action !== SHOWN) return displayOnly(action);
  const suitable = suitableGrants(subject, action);
  if (suitable.length === 0) return roleMissing(subject, action);
  return seesAll(action) || suitable.some((grant) => reaches(grant, target)) ? allowed() : outOfScope(action, suitable);
}

/** Whether there is any target at all for which the subject may do this: what a surface shows, before it knows the target. */
export function mayDoSomewhere(subject: Subject, action: Action): boolean {
  if (subject.kind === 'display' && action !== SHOWN) return false;
  return !(PERSONAL.has(action) && subject.kind !== 'person') && suitableGrants(subject, action).length > 0;
}

/** Every action the subject may do somewhere, in the order of the table. */
export function actionsOf(subject: Subject): Action[] {
  return ACTIONS.filter((action) => mayDoSomewhere(subject, action));
}

function suitableGrants({ grants }: Subject, action: Action): Grant[] {
  const roles: readonly Role[] = PERMISSIONS[action];
  return grants.filter((grant) => BRINGS[grant.role].some((role) => roles.includes(role)));
}

function reaches(grant: Grant, target: Target): boolean {
  return (
    (grant.product === undefined || grant.product === target.product) &&
    (grant.environment === undefined || grant.environment === target.environment)
  );
}

function personOnly(action: Action, kind: SubjectKind) {
  return refused(
    'person_only',
    `${action} refused: only a person may do that, not a ${kind}. Ask somebody with the role to sign in.`,
  );
}

function displayOnly(action: Action) {
  return refused('display_only', `${action} refused: a display shows the wall and nothing else. Sign in as a person.`);
}

function roleMissing({ grants }: Subject, action: Action) {
  const needed = PERMISSIONS[action].join(' or ');
  const have = [...new Set(grants.map(({ role }) => role))];
  const having = have.length === 0 ? 'you have no role' : `you are ${listed(have)}`;
  return refused('role_missing', `${action} refused: it needs the role ${needed}, ${having}. Ask an admin for it.`, {
    action,
    needed: PERMISSIONS[action],
  });
}

function outOfScope(action: Action, grants: readonly Grant[]) {
  const scopes = grants.map(({ product, environment }) => [product, environment].filter(Boolean).join(' in '));
  return refused(
    'out_of_scope',
    `${action} refused: your role for it reaches only ${listed(scopes)}. Ask an admin for a wider one.`,
    { action, scopes },
  );
}
