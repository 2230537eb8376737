import { expect, test } from 'vitest';
import {
  BREAK_GLASS_MS,
  decideOpening,
  decideUse,
  obstaclesLeft,
  type BreakGlass,
} from '../../server/domain/break-glass.ts';

const openedAt = Date.UTC(2026, 10, 17, 12);
const glass: BreakGlass = { by: 'Eve', reason: 'outage', planHash: 'x', openedAt, usedAt: null };
const code = (given: BreakGlass, planHash: string, now: number) => {
  const decision = decideUse(given, planHash, now);
  return decision.allowed ? 'allowed' : decision.refusal.code;
};
const admin = { kind: 'person', grants: [{ role: 'admin' }] } as const;

test('is for an admin with a reason', () => {
  expect(decideOpening(admin, {}, 'outage').allowed).toBe(true);
  expect(decideOpening(admin, {}, ' ')).toMatchObject({ refusal: { code: 'reason_missing' } });
  const approver = { kind: 'person', grants: [{ role: 'approver' }, { role: 'operator' }] } as const;
  expect(decideOpening(approver, {}, 'outage')).toMatchObject({ refusal: { code: 'role_missing' } });
  expect(decideOpening({ ...admin, kind: 'token' }, {}, 'outage')).toMatchObject({ refusal: { code: 'person_only' } });
});

test('is for one plan, one use, one hour', () => {
  expect(BREAK_GLASS_MS).toBe(3_600_000);
  expect(code(glass, 'x', openedAt)).toBe('allowed');
  expect(code(glass, 'x', openedAt + BREAK_GLASS_MS - 1)).toBe('allowed');
  expect(code(glass, 'x', openedAt + BREAK_GLASS_MS)).toBe('break_glass_expired');
  expect(code(glass, 'y', openedAt)).toBe('break_glass_other_plan');
  expect(code({ ...glass, usedAt: openedAt }, 'x', openedAt)).toBe('break_glass_used');
});

test('passes hold, approval, window and required, and nothing else', () => {
  const passed = [
    'held',
    'window_closed',
    'required_first',
    'required_failed',
    'rollback_blocked',
    'approval_pending',
    'approval_rejected',
    'approval_cancelled',
    'approval_expired',
    'approval_superseded',
  ] as const;
  const never = [
    'recalled',
    'digest_mismatch',
    'signature_invalid',
    'demoted',
    'not_visible',
    'not_downloaded',
  ] as const;
  const reasons = [...never, ...passed].map((each) => ({ code: each, sentence: each }));
  expect(obstaclesLeft(reasons).map((left) => left.code)).toEqual(never);
});
