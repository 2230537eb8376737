import { describe, expect, test } from 'vitest';
import {
  ACTIONS,
  PERMISSIONS,
  ROLES,
  actionsOf,
  impliedRoles,
  mayDo,
  mayDoSomewhere,
  type Action,
  type Grant,
  type Role,
  type SubjectKind,
} from '../../server/domain/permission.ts';

const subject = (grants: readonly (Role | Grant)[], kind: SubjectKind = 'person') => ({
  kind,
  grants: grants.map((grant) => (typeof grant === 'string' ? { role: grant } : grant)),
});

const code = (decision: ReturnType<typeof mayDo>) => (decision.allowed ? 'allowed' : decision.refusal.code);

describe('roles', () => {
  test.each<[Role, Role[]]>([
    ['viewer', ['viewer']],
    ['operator', ['operator', 'viewer']],
    ['approver', ['approver', 'viewer']],
    ['admin', ['admin', 'operator', 'viewer']],
    ['reporter', ['reporter']],
  ])('%s is %j and nothing else', (role, implied) => {
    expect([...impliedRoles([role])].sort()).toEqual(implied.sort());
  });

  test('two roles bring along what each brings', () => {
    expect([...impliedRoles(['admin', 'approver'])].sort()).toEqual(ROLES.filter((role) => role !== 'reporter').sort());
    expect([...impliedRoles([])]).toEqual([]);
  });
});

describe('the table', () => {
  /** Written out by hand: what each role may do in all of the fleet. A new action has to be entered here too. */
  const reads = [
    'board.read',
    'release.read',
    'client.read',
    'job.read',
    'host.read',
    'log.read',
    'activity.read',
    'evidence.read',
    'approval.read',
    'fleet.read',
    'pipeline.read',
    'approval.cancel',
  ];
  const operates = [
    'release.check',
    'release.download',
    'release.publish',
    'release.edit',
    'release.archive',
    'release.promote',
    'release.demote',
    'release.rollback',
    'pipeline.pause',
    'health.report',
    'evaluation.reopen',
    'recall.open',
    'recall.revert',
    'client.check',
    'client.deploy',
    'job.install',
    'job.cancel',
    'job.retry',
    'job.pause',
    'host.trust',
    'hold.create',
    'hold.release',
    'incident.acknowledge',
    'display.manage',
    'approval.decide',
  ];
  const administers = [
    'pipeline.save',
    'fleet.apply',
    'client.token',
    'token.manage',
    'person.manage',
    'break_glass.use',
  ];
  const table: Record<Role, string[]> = {
    viewer: reads,
    operator: [...reads, ...operates],
    approver: [...reads, 'approval.decide'],
    admin: [...reads, ...operates, ...administers],
    reporter: ['health.report'],
  };

  test.each(ROLES)('%s may do exactly what is written for it', (role) => {
    expect([...actionsOf(subject([role]))].sort()).toEqual([...table[role]].sort());
  });

  test('every action asks for at least one role', () => {
    for (const action of ACTIONS) expect(PERMISSIONS[action].length).toBeGreaterThan(0);
  });

  test('who has no grant may do nothing', () => {
    expect(actionsOf(subject([]))).toEqual([]);
    expect(code(mayDo(subject([]), 'board.read'))).toBe('role_missing');
  });
});

describe('tokens, bots and Signalbox itself never decide', () => {
  test.each<SubjectKind>(['token', 'bot', 'system'])('a %s with every role', (kind) => {
    const everything = subject(ROLES, kind);
    for (const action of ['approval.decide', 'break_glass.use'] satisfies Action[]) {
      expect(code(mayDo(everything, action))).toBe('person_only');
      expect(mayDoSomewhere(everything, action)).toBe(false);
      expect(actionsOf(everything)).not.toContain(action);
    }
    expect(mayDo(everything, 'job.install').allowed).toBe(true);
  });
});

describe('scopes', () => {
  const web = subject([{ role: 'operator', product: 'web' }]);
  const prod = subject([{ role: 'operator', environment: 'prod' }]);
  const webInProd = subject([{ role: 'operator', product: 'web', environment: 'prod' }]);

  test('a grant for a product reaches that product, wherever', () => {
    expect(code(mayDo(web, 'job.install', { product: 'web', environment: 'prod' }))).toBe('allowed');
    expect(code(mayDo(web, 'job.install', { product: 'web' }))).toBe('allowed');
    expect(code(mayDo(web, 'job.install', { product: 'db', environment: 'prod' }))).toBe('out_of_scope');
  });

  test('a grant for an environment reaches that environment, whatever', () => {
    expect(code(mayDo(prod, 'job.install', { product: 'db', environment: 'prod' }))).toBe('allowed');
    expect(code(mayDo(prod, 'job.install', { product: 'db', environment: 'lab' }))).toBe('out_of_scope');
    expect(code(mayDo(prod, 'release.demote', { product: 'db' }))).toBe('out_of_scope');
  });

  test('a grant for both needs both', () => {
    expect(code(mayDo(webInProd, 'job.install', { product: 'web', environment: 'prod' }))).toBe('allowed');
    expect(code(mayDo(webInProd, 'job.install', { product: 'web', environment: 'lab' }))).toBe('out_of_scope');
    expect(code(mayDo(webInProd, 'job.install', { product: 'db', environment: 'prod' }))).toBe('out_of_scope');
  });

  test('a narrow grant does not reach all of the fleet', () => {
    for (const narrow of [web, prod, webInProd]) expect(code(mayDo(narrow, 'job.install'))).toBe('out_of_scope');
    expect(mayDoSomewhere(web, 'job.install')).toBe(true);
    expect(mayDoSomewhere(web, 'fleet.apply')).toBe(false);
  });

  test('one wide grant among narrow ones is enough', () => {
    expect(mayDo(subject([{ role: 'operator', product: 'web' }, 'operator']), 'job.install').allowed).toBe(true);
    expect(code(mayDo(subject([{ role: 'operator', product: 'web' }, 'viewer']), 'job.install'))).toBe('out_of_scope');
  });

  test('a refusal names the action, the role that is missing and who can help', () => {
    const decision = mayDo(subject(['viewer']), 'job.install');
    expect(decision.allowed ? '' : decision.refusal.sentence).toBe(
      'job.install refused: it needs the role operator, you are viewer. Ask an admin for it.',
    );
    const narrow = mayDo(webInProd, 'job.install', { product: 'db' });
    expect(narrow.allowed ? '' : narrow.refusal.sentence).toContain('reaches only web in prod');
  });
});
