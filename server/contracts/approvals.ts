import { z } from 'zod';
import { endpoint, idParam, none } from './endpoint.ts';
import { listSearch, sortedInput, sortedPage } from './list.ts';
import { declaredApproval } from './fleet.ts';
import { approvalView, jobPlan, jobView, reason, role, roleName, ruleView, wayNotes } from './views.ts';

/** Who has to agree to a plan, and what they said. */

const planSummary = z.object({
  hosts: z.number().int(),
  /** Hosts per wave. */
  waves: z.array(z.number().int()),
  environments: z.array(z.string()),
});

const approvalDetail = z.object({
  approval: approvalView,
  /** Epoch milliseconds from which on the approved plan may not start any more. */
  startBy: z.number().nullable(),
  plan: z.object({
    hash: z.string(),
    releaseDigest: z.string(),
    policy: jobPlan,
    reason: z.string().nullable(),
    waves: planSummary.shape.waves,
    environments: planSummary.shape.environments,
    notes: wayNotes,
    hosts: z.array(
      z.object({
        hostId: z.number().int(),
        name: z.string(),
        role,
        environmentId: z.number().int(),
        wave: z.number().int(),
        fromVersion: z.string().nullable(),
        toVersion: z.string(),
        /** False: it runs that very artifact already. */
        changes: z.boolean(),
      }),
    ),
  }),
  decisions: z.array(
    z.object({
      by: z.string(),
      roles: z.array(roleName),
      verdict: z.enum(['approve', 'reject', 'cancel']),
      reason: z.string().nullable(),
      at: z.number(),
      result: reason,
    }),
  ),
});

export const approvalsApi = {
  'approvals.list': endpoint({
    method: 'GET',
    path: '/approvals',
    summary: 'Requests for approval, newest first, with what each plan touches',
    input: z.object({
      ...sortedInput(['requested', 'expires', 'state', 'by']),
      state: z
        .enum([...approvalView.shape.state.options, 'ended'])
        .optional()
        .describe('ended: not pending any more'),
      jobId: idParam.optional(),
      search: listSearch,
    }),
    output: sortedPage(approvalView.extend({ plan: planSummary })),
  }),
  'approvals.show': endpoint({
    method: 'GET',
    path: '/approvals/:id',
    summary: 'One request: its exact plan, what changes on each host, every click and its answer',
    input: z.object({ id: idParam }),
    output: approvalDetail,
  }),
  'approvals.decide': endpoint({
    method: 'POST',
    path: '/approvals/:id/decide',
    summary: 'Approve, reject or cancel; a click that does not count is answered with why',
    input: z.object({
      id: idParam,
      verdict: z.enum(['approve', 'reject', 'cancel']),
      reason: z.string().trim().max(500).optional(),
    }),
    output: z.object({ approval: approvalView, answer: reason }),
  }),
  'approvals.breakGlass': endpoint({
    method: 'POST',
    path: '/jobs/:id/break-glass',
    summary: 'Let one exact plan pass hold, approval, window and required, once, within an hour',
    input: z.object({
      id: idParam,
      reason: z.string().trim().min(1).max(500),
      /** At least the first characters of the plan's hash that the person saw. */
      planHash: z
        .string()
        .regex(/^[0-9a-f]{8,64}$/)
        .optional(),
    }),
    output: jobView,
  }),
  'approvalRules.list': endpoint({
    method: 'GET',
    path: '/approval-rules',
    summary: 'Approval rules, by name, each with the fleet file that owns it',
    input: none,
    output: z.object({ items: z.array(ruleView) }),
  }),
  'approvalRules.save': endpoint({
    method: 'POST',
    path: '/approval-rules',
    summary: 'Create an approval rule, or change the one of that name; what a fleet file owns is changed there',
    input: declaredApproval,
    output: ruleView,
  }),
  'approvalRules.remove': endpoint({
    method: 'DELETE',
    path: '/approval-rules/:id',
    summary: 'Remove an approval rule that was made by hand',
    input: z.object({ id: idParam }),
    output: ruleView,
  }),
};
