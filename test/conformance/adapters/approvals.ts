import { z } from 'zod';
import { judgeApproval, type ApprovalRequest } from '../../../server/domain/approval.ts';
import { DEFAULT_ALLOW_SELF, DEFAULT_EXPIRES_AFTER_MS } from '../../../server/domain/approval-policy.ts';
import { ROLES } from '../../../server/domain/permission.ts';
import { duration, instant } from '../parse.ts';

const roles = z.array(z.enum(ROLES));

const policy = z
  .object({
    required: z.number().default(1),
    roles,
    allowSelf: z.boolean().default(DEFAULT_ALLOW_SELF),
    expiresAfter: duration.default(DEFAULT_EXPIRES_AFTER_MS),
  })
  .transform(({ expiresAfter: expiresAfterMs, ...rest }): ApprovalRequest['policy'] => ({ ...rest, expiresAfterMs }));

const given = z.object({
  policy,
  requester: z.string(),
  requestedAt: instant,
  decisions: z
    .array(
      z.object({
        by: z.string(),
        roles: roles.default([]),
        verdict: z.enum(['approve', 'reject', 'cancel']),
        at: instant,
      }),
    )
    .default([]),
  now: instant,
});

export function approvals(input: unknown): unknown {
  const { now, ...request } = given.parse(input);
  const { state, endedBy, results } = judgeApproval(request, now);
  return { state, endedBy, results: results.map(({ code }) => code) };
}
