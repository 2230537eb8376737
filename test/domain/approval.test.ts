import { describe, expect, test } from 'vitest';
import { expiresAt, judgeApproval, type ApprovalRequest, type Click } from '../../server/domain/approval.ts';
import {
  approvalRuleFor,
  matches,
  type ApprovalRule,
  type PlannedAction,
} from '../../server/domain/approval-policy.ts';
import {
  canonicalPlan,
  decideStart,
  startBy,
  supersededBy,
  type ExactPlan,
} from '../../server/domain/approved-plan.ts';

const requestedAt = Date.UTC(2026, 10, 17, 9);
const minute = 60_000;
const hour = 60 * minute;

const click = (by: string, at: number, change: Partial<Click> = {}): Click => ({
  by,
  roles: ['approver'],
  verdict: 'approve',
  at: requestedAt + at,
  ...change,
});
const request = (decisions: readonly Click[], change: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  policy: { required: 1, roles: ['approver'], allowSelf: false, expiresAfterMs: 8 * hour },
  requester: 'ana',
  requestedAt,
  decisions,
  ...change,
});
const codes = (given: ApprovalRequest, at: number) =>
  judgeApproval(given, requestedAt + at).results.map(({ code }) => code);

describe('people', () => {
  const policy = { required: 2, roles: ['approver'], allowSelf: false, expiresAfterMs: 8 * hour } as const;

  test('of one name are told apart, and read as they are called', () => {
    const given = request(
      [click('person 1', 1, { name: 'Ana' }), click('person 2', 2, { name: 'Ana' }), click('person 3', 3)],
      { policy, requester: 'person 9', requesterName: 'Ana' },
    );
    const outcome = judgeApproval(given, requestedAt + 4);
    expect(outcome).toMatchObject({ state: 'approved', endedBy: 'Ana', approvedBy: ['person 1', 'person 2'] });
    expect(outcome.results.map(({ sentence }) => sentence).join()).not.toContain('person');
  });
});

test('an approved plan that did not start in time is expired, and says so to who comes later', () => {
  const given = request([click('ben', minute), click('cem', 2 * hour)], { lapsedAt: requestedAt + hour + minute });
  expect(judgeApproval({ ...given, decisions: given.decisions.slice(0, 1) }, requestedAt + hour).state).toBe(
    'approved',
  );
  const approved = { ...given, decisions: given.decisions.slice(0, 1) };
  expect(judgeApproval(approved, requestedAt + hour + minute - 1).state).toBe('approved');
  expect(judgeApproval(approved, requestedAt + hour + minute).state).toBe('expired');
  expect(judgeApproval(given, requestedAt + 2 * hour)).toMatchObject({ state: 'expired', endedBy: null });
  expect(codes(given, 2 * hour)).toEqual(['recorded', 'already_expired']);
});

describe('environments that are decided in the console only', () => {
  const webOnly = ['eu-prod', 'us-prod'];
  const from = (via: Click['via'], verdict: Click['verdict'] = 'approve') => click('ben', minute, { via, verdict });

  test.each(['approve', 'reject', 'cancel'] as const)('take no %s from Slack, and say where to go', (verdict) => {
    const outcome = judgeApproval(request([from('slack', verdict)], { webOnly }), requestedAt + minute);
    expect(outcome.state).toBe('pending');
    expect(outcome.results[0]).toMatchObject({ code: 'web_only', environments: webOnly });
    expect(outcome.results[0]?.sentence).toContain('eu-prod and us-prod are decided in the console only');
    expect(outcome.results[0]?.sentence.toLowerCase()).toContain(`${verdict} it there`);
  });

  test('take it from the console, and others take it from Slack', () => {
    expect(codes(request([from('web')], { webOnly }), minute)).toEqual(['recorded']);
    expect(codes(request([from(undefined)], { webOnly }), minute)).toEqual(['recorded']);
    expect(codes(request([from('slack')], { webOnly: [] }), minute)).toEqual(['recorded']);
    expect(codes(request([from('slack')]), minute)).toEqual(['recorded']);
  });

  test('of one, the sentence speaks of one', () => {
    const { results } = judgeApproval(request([from('slack')], { webOnly: ['eu-prod'] }), requestedAt + minute);
    expect(results[0]?.sentence).toContain('eu-prod is decided');
  });

  test('tell whoever is late who decided, rather than where to decide', () => {
    const given = request([from('web'), click('cem', 2 * minute, { via: 'slack' })], { webOnly });
    expect(codes(given, 2 * minute)).toEqual(['recorded', 'already_approved']);
  });
});

describe('tokens and bots never approve', () => {
  test.each(['token', 'bot', 'system'] as const)('a %s with the role', (kind) => {
    const outcome = judgeApproval(
      request([click('ci', 0, { kind }), click('ci', 1, { kind, verdict: 'reject' })]),
      requestedAt,
    );
    expect(outcome.results.map(({ code }) => code)).toEqual(['not_eligible', 'not_eligible']);
    expect(outcome.state).toBe('pending');
  });

  test('a token with the role operator may cancel', () => {
    expect(codes(request([click('ci', 0, { kind: 'token', roles: ['operator'], verdict: 'cancel' })]), 0)).toEqual([
      'recorded',
    ]);
  });
});

describe('a plan that can no longer run', () => {
  const reason = { code: 'demoted', sentence: 'The release is demoted.' };
  const superseded = { at: requestedAt + hour, reason };

  test('makes a pending request superseded, from then on', () => {
    expect(judgeApproval(request([], { superseded }), requestedAt + hour - 1).state).toBe('pending');
    expect(judgeApproval(request([], { superseded }), requestedAt + hour)).toMatchObject({
      state: 'superseded',
      endedBy: null,
      endedAt: requestedAt + hour,
    });
  });

  test('makes an approved one superseded too, and whoever clicks then is told', () => {
    const given = request([click('ben', minute), click('cem', hour)], { superseded });
    expect(judgeApproval(given, requestedAt + hour)).toMatchObject({
      state: 'superseded',
      approvedBy: ['ben'],
      results: [
        { code: 'recorded' },
        { code: 'already_superseded', sentence: expect.stringContaining('The release is demoted.') },
      ],
    });
  });

  test('leaves a request alone that had ended before', () => {
    const rejected = request([click('ben', minute, { verdict: 'reject' })], { superseded });
    expect(judgeApproval(rejected, requestedAt + hour)).toMatchObject({ state: 'rejected', endedBy: 'ben' });
    const short = { required: 1, roles: ['approver'], allowSelf: false, expiresAfterMs: hour } as const;
    expect(judgeApproval(request([], { superseded, policy: short }), requestedAt + hour).state).toBe('expired');
    const later = { ...superseded, at: requestedAt + hour - 1 };
    expect(judgeApproval(request([], { superseded: later, policy: short }), requestedAt + hour).state).toBe(
      'superseded',
    );
  });
});

describe('what people are told', () => {
  test('how many are missing', () => {
    const given = request([click('ben', 0)], { policy: { ...request([]).policy, required: 3 } });
    expect(judgeApproval(given, requestedAt).results[0]).toMatchObject({
      missing: 2,
      sentence: expect.stringContaining('1 of 3'),
    });
  });

  test('who decided, and when', () => {
    const given = request([click('ben', hour), click('cem', 2 * hour)]);
    expect(judgeApproval(given, requestedAt + 3 * hour).results[1]).toEqual({
      code: 'already_approved',
      sentence: 'Nothing changed: the request was already approved by ben at 2026-11-17 10:00 UTC.',
      endedBy: 'ben',
      endedAt: requestedAt + hour,
    });
  });

  test('who may do what they may not', () => {
    const given = request([click('dia', 0, { roles: [] }), click('dia', 1, { roles: [], verdict: 'cancel' })]);
    expect(judgeApproval(given, requestedAt + 1).results.map(({ sentence }) => sentence)).toEqual([
      'Not counted: only a person who is approver may approve this request. Ask one of them.',
      'Not counted: only ana or an operator may cancel this request. Ask one of them.',
    ]);
  });

  test('nothing of a plan that changed after the request had ended', () => {
    const superseded = { at: requestedAt + hour, reason: { code: 'demoted', sentence: 'The release is demoted.' } };
    const given = request([click('ben', 0, { verdict: 'reject' }), click('cem', 2 * hour)], { superseded });
    expect(judgeApproval(given, requestedAt + 2 * hour).results[1]?.sentence).not.toContain('demoted');
  });

  test('until when the request is open', () => {
    expect(expiresAt(request([]))).toBe(requestedAt + 8 * hour);
    expect(judgeApproval(request([]), requestedAt).expiresAt).toBe(requestedAt + 8 * hour);
  });
});

describe('which rule asks for approval', () => {
  const rule = (name: string, change: Partial<ApprovalRule> = {}): ApprovalRule => ({
    name,
    match: {},
    required: 1,
    roles: ['approver'],
    allowSelf: false,
    expiresAfterMs: 8 * hour,
    startWithinMs: hour,
    ...change,
  });
  const plan: PlannedAction = {
    action: 'job.install',
    product: 'web',
    channels: ['stable'],
    environments: [{ tier: 'prod' }, { tier: 'lab', site: 'fra' }],
  };

  test('none, when no rule matches', () => {
    expect(approvalRuleFor([], plan)).toBeNull();
    expect(approvalRuleFor([rule('other', { match: { products: ['db'] } })], plan)).toBeNull();
  });

  test.each<[string, ApprovalRule['match'], boolean]>([
    ['everything', {}, true],
    ['its action', { actions: ['job.install', 'release.demote'] }, true],
    ['another action', { actions: ['release.demote'] }, false],
    ['its product', { products: ['web'] }, true],
    ['another product', { products: ['db'] }, false],
    ['its channel', { channels: ['stable', 'canary'] }, true],
    ['another channel', { channels: ['canary'] }, false],
    ['one of its environments', { environmentLabels: [{ key: 'tier', values: ['prod'] }] }, true],
    ['one of its environments by the key alone', { environmentLabels: [{ key: 'site' }] }, true],
    ['another environment', { environmentLabels: [{ key: 'tier', values: ['dev'] }] }, false],
    ['two labels of one environment', { environmentLabels: [{ key: 'tier', values: ['lab'] }, { key: 'site' }] }, true],
    [
      'two labels of two environments',
      { environmentLabels: [{ key: 'tier', values: ['prod'] }, { key: 'site' }] },
      false,
    ],
    ['all parts', { actions: ['job.install'], products: ['web'], channels: ['stable'], environmentLabels: [] }, true],
    ['all parts but one', { actions: ['job.install'], products: ['web'], channels: ['canary'] }, false],
    ['no action at all', { actions: [] }, false],
  ])('a rule for %s', (_name, match, expected) => {
    expect(matches(match, plan)).toBe(expected);
  });

  test('of several, the strictest', () => {
    const name = (...rules: ApprovalRule[]) => approvalRuleFor(rules, plan)?.name;
    expect(name(rule('one'), rule('two', { required: 2 }))).toBe('two');
    expect(name(rule('self', { allowSelf: true }), rule('other'))).toBe('other');
    expect(name(rule('long'), rule('short', { expiresAfterMs: hour }))).toBe('short');
    expect(name(rule('first'), rule('second'))).toBe('first');
    expect(name(rule('self', { required: 2, allowSelf: true }), rule('other'))).toBe('self');
  });
});

describe('an approval is bound to one exact plan', () => {
  const plan: ExactPlan = {
    releaseDigest: 'abc',
    hosts: ['h1', 'h2'],
    waves: [{ count: 1 }, { ppm: 1_000_000 }],
    policy: { maxParallel: 10, bakeMs: 0 },
    variables: { a: '1', b: null },
  };

  test('the order of keys is not part of it, everything else is', () => {
    expect(canonicalPlan({ ...plan, policy: { bakeMs: 0, maxParallel: 10 } })).toBe(canonicalPlan(plan));
    expect(canonicalPlan(plan)).toBe(
      '{"hosts":["h1","h2"],"policy":{"bakeMs":0,"maxParallel":10},"releaseDigest":"abc","variables":{"a":"1","b":null},"waves":[{"count":1},{"ppm":1000000}]}',
    );
  });

  test.each<[string, Partial<ExactPlan>]>([
    ['release_changed', { releaseDigest: 'abd' }],
    ['hosts_changed', { hosts: ['h1'] }],
    ['hosts_changed', { hosts: ['h2', 'h1'] }],
    ['waves_changed', { waves: [{ count: 2 }] }],
    ['policy_changed', { policy: { maxParallel: 11, bakeMs: 0 } }],
    ['variables_changed', { variables: { a: '1' } }],
  ])('%s: %j supersedes it', (code, change) => {
    expect(supersededBy(plan, { plan: { ...plan, ...change }, recalled: false, demoted: false })).toMatchObject({
      code,
    });
    expect(canonicalPlan({ ...plan, ...change })).not.toBe(canonicalPlan(plan));
  });

  test('of several changes the first of the list is told', () => {
    const changed = { ...plan, hosts: ['h1'], waves: [], variables: {} };
    expect(supersededBy(plan, { plan: changed, recalled: false, demoted: false })).toMatchObject({
      code: 'hosts_changed',
    });
  });

  test('a recall or a demotion supersedes it, the same plan does not', () => {
    expect(supersededBy(plan, { plan, recalled: true, demoted: true })).toMatchObject({ code: 'recalled' });
    expect(supersededBy(plan, { plan, recalled: false, demoted: true })).toMatchObject({ code: 'demoted' });
    expect(supersededBy(plan, { plan: { ...plan }, recalled: false, demoted: false })).toBeNull();
  });
});

describe('the start of an approved plan', () => {
  const facts = { approvedHash: 'x', planHash: 'x', startWithinMs: hour };
  const approved = judgeApproval(request([click('ben', 0)]), requestedAt);
  const code = (outcome: typeof approved, at: number, change: Partial<typeof facts> & { windowEnd?: number } = {}) => {
    const decision = decideStart(outcome, { ...facts, ...change }, requestedAt + at);
    return decision.allowed ? 'allowed' : decision.refusal.code;
  };

  test('is within startWithin, counted from the approval', () => {
    expect(code(approved, hour - 1)).toBe('allowed');
    expect(code(approved, hour)).toBe('approval_expired');
    expect(startBy(requestedAt, { startWithinMs: minute })).toBe(requestedAt + minute);
    expect(startBy(requestedAt, {})).toBe(requestedAt + hour);
  });

  test('or within the window named on the card', () => {
    expect(code(approved, 2 * hour - 1, { windowEnd: requestedAt + 2 * hour })).toBe('allowed');
    expect(code(approved, 2 * hour, { windowEnd: requestedAt + 2 * hour })).toBe('approval_expired');
  });

  test('is of that plan and no other', () => {
    expect(code(approved, 0, { planHash: 'y' })).toBe('approval_superseded');
  });

  test('needs the approval to stand', () => {
    const outcome = (...decisions: Click[]) => judgeApproval(request(decisions), requestedAt + minute);
    expect(code(outcome(), 0)).toBe('approval_pending');
    expect(code(outcome(click('ben', 0, { verdict: 'reject' })), 0)).toBe('approval_rejected');
    expect(code(outcome(click('ana', 0, { verdict: 'cancel' })), 0)).toBe('approval_cancelled');
    expect(code(judgeApproval(request([]), requestedAt + 8 * hour), 8 * hour)).toBe('approval_expired');
    const superseded = { at: requestedAt, reason: { code: 'demoted', sentence: '' } };
    expect(code(judgeApproval(request([], { superseded }), requestedAt), 0)).toBe('approval_superseded');
  });

  test('a refusal says who ended it, and a pending one until when it is open', () => {
    const rejected = judgeApproval(request([click('ben', 0, { verdict: 'reject' })]), requestedAt);
    expect(decideStart(rejected, facts, requestedAt)).toMatchObject({
      refusal: {
        endedBy: 'ben',
        sentence: 'The plan does not start: its request was rejected (ben). Ask for approval again.',
      },
    });
    const pending = judgeApproval(request([]), requestedAt);
    expect(decideStart(pending, facts, requestedAt)).toMatchObject({ refusal: { until: requestedAt + 8 * hour } });
  });
});
