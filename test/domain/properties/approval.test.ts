import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeApproval, type ApprovalRequest, type Click } from '../../../server/domain/approval.ts';
import { ROLES, impliedRoles } from '../../../server/domain/permission.ts';

const roles = fc.subarray([...ROLES]);
const person = fc.constantFrom('ana', 'ben', 'cem', 'dia', 'eve');

const click: fc.Arbitrary<Click> = fc.record({
  by: person,
  kind: fc.constantFrom('person' as const, 'person' as const, 'token' as const, 'bot' as const),
  roles,
  verdict: fc.constantFrom(
    'approve' as const,
    'approve' as const,
    'approve' as const,
    'reject' as const,
    'cancel' as const,
  ),
  at: fc.integer({ min: 0, max: 120 }),
});

const request: fc.Arbitrary<ApprovalRequest> = fc.record({
  policy: fc.record({
    required: fc.integer({ min: 1, max: 3 }),
    roles: fc.subarray([...ROLES], { minLength: 1 }),
    allowSelf: fc.boolean(),
    expiresAfterMs: fc.integer({ min: 0, max: 120 }),
  }),
  requester: person,
  requestedAt: fc.constant(0),
  decisions: fc.array(click, { maxLength: 12 }),
  superseded: fc.option(
    fc.record({ at: fc.integer({ min: 0, max: 120 }), reason: fc.constant({ code: 'demoted', sentence: 'demoted' }) }),
  ),
});

const now = 200;

/** The people who, by the letter of the policy, could have approved in time. */
function couldApprove({ policy, requester, decisions }: ApprovalRequest): Set<string> {
  const eligible = decisions.filter(
    (each) =>
      each.verdict === 'approve' &&
      each.kind === 'person' &&
      each.at < policy.expiresAfterMs &&
      policy.roles.some((role) => impliedRoles(each.roles).has(role)) &&
      (policy.allowSelf || each.by !== requester),
  );
  return new Set(eligible.map(({ by }) => by));
}

test('no sequence of clicks approves with fewer than the required people', () => {
  fc.assert(
    fc.property(request, (given) => {
      const outcome = judgeApproval({ ...given, superseded: null }, now);
      if (outcome.state !== 'approved') return;
      expect(new Set(outcome.approvedBy).size).toBe(given.policy.required);
      const could = couldApprove(given);
      for (const by of outcome.approvedBy) expect(could).toContain(by);
      expect(outcome.approvedBy.at(-1)).toBe(outcome.endedBy);
    }),
    { numRuns: 500 },
  );
});

test('one decision ends it, and every click after an end changes nothing', () => {
  fc.assert(
    fc.property(request, click, (given, late) => {
      const outcome = judgeApproval(given, now);
      expect(outcome.results).toHaveLength(given.decisions.length);
      if (outcome.state === 'pending') return;
      const again = judgeApproval({ ...given, decisions: [...given.decisions, { ...late, at: now }] }, now);
      expect({ ...again, results: again.results.slice(0, -1) }).toEqual(outcome);
      expect(again.results.at(-1)?.code).toBe(`already_${outcome.state}`);
    }),
    { numRuns: 500 },
  );
});

test('a reject or a cancel that counts is the end of it', () => {
  fc.assert(
    fc.property(request, (given) => {
      const outcome = judgeApproval({ ...given, superseded: null }, now);
      const stopped = given.decisions.some(
        ({ verdict }, index) => verdict !== 'approve' && outcome.results[index]?.code === 'recorded',
      );
      expect(stopped).toBe(outcome.state === 'rejected' || outcome.state === 'cancelled');
    }),
    { numRuns: 500 },
  );
});

test('the order in which the clicks are listed has no say where their times differ', () => {
  fc.assert(
    fc.property(request, (given) => {
      const decisions = given.decisions.map((each, index) => ({ ...each, at: each.at * 20 + index }));
      const policy = { ...given.policy, expiresAfterMs: given.policy.expiresAfterMs * 20 };
      const forward = judgeApproval({ ...given, policy, decisions }, now * 20);
      const backward = judgeApproval({ ...given, policy, decisions: decisions.toReversed() }, now * 20);
      expect(backward).toEqual({ ...forward, results: forward.results.toReversed() });
    }),
  );
});
