import { z } from 'zod';
import type { RollOffOutcome } from '../domain/roll-off-plan.ts';
import { endpoint, idParam } from './endpoint.ts';
import { listSearch, sortedInput, sortedPage } from './list.ts';
import { evaluationView, recallRange, recallStrategy, recallView } from './pipeline-views.ts';
import { jobView, reason, role } from './views.ts';

/** Recalls: "this release, or range, is bad". */

const why = z.string().trim().min(1).max(500);
const count = z.number().int();

const recallInput = z.object({
  productId: z.number().int().positive().max(2_147_483_647),
  range: recallRange,
  except: z.array(z.string().min(1).max(200)).max(200).default([]).describe('versions that it leaves alone'),
  strategy: recallStrategy.default({ type: 'forward' }),
});

const outcome = z.enum([
  'starts',
  'under_way',
  'proposed',
  'stays',
  'waits',
  'tried',
  'refused',
]) satisfies z.ZodType<RollOffOutcome>;

const target = z.object({ releaseId: count, version: z.string() });

const recalledHost = z.object({
  hostId: count,
  name: z.string(),
  role,
  environmentId: count,
  environment: z.string(),
  version: z.string().describe('what it reports'),
  outcome,
  target: target.nullable(),
  reason: reason.nullable().describe('why it does not move; with `starts`: what its job waits for'),
  recallId: count.describe('in whose name it is rolled off; 0: the one that is previewed'),
  jobId: count.nullable().describe('the roll-off that has it'),
});

const coveredRelease = z.object({
  releaseId: count,
  version: z.string(),
  channels: z.array(z.string()).describe('on which it is active'),
  hosts: count.describe('that run it'),
});

const recallPreview = z.object({
  releases: z.array(coveredRelease),
  hosts: z.array(recalledHost),
  jobs: z.array(target.extend({ hosts: count, waves: z.array(count) })).describe('one per release that hosts go to'),
  stops: z
    .array(z.object({ jobId: count, kind: jobView.shape.kind, version: z.string(), pending: count }))
    .describe('jobs in flight whose remaining tasks will not start'),
  evaluations: z.array(evaluationView).describe('those that it ends'),
  refusal: reason.nullable().describe('why it would be refused; null: it may be opened'),
});

const shownRecall = z.object({
  recall: recallView,
  releases: z.array(coveredRelease),
  hosts: z.array(recalledHost).describe('that run one of them; none once it is reverted'),
  jobs: z.array(jobView).describe('the roll-offs that it has asked for, oldest first'),
});

export const recallApi = {
  'recalls.list': endpoint({
    method: 'GET',
    path: '/recalls',
    summary: 'Recalls, newest first',
    input: z.object({
      ...sortedInput(['opened', 'reverted', 'product']),
      productId: idParam.optional(),
      state: z.enum(['standing', 'all']).default('standing').describe('standing: not reverted'),
      search: listSearch,
    }),
    output: sortedPage(recallView),
  }),
  'recalls.show': endpoint({
    method: 'GET',
    path: '/recalls/:id',
    summary: 'One recall: what it covers, what becomes of each host, its roll-offs',
    input: z.object({ id: idParam }),
    output: shownRecall,
  }),
  'recalls.preview': endpoint({
    method: 'POST',
    path: '/recalls/preview',
    summary: 'What a recall would do, per release and host',
    safe: true,
    input: recallInput,
    output: recallPreview,
  }),
  'recalls.open': endpoint({
    method: 'POST',
    path: '/recalls',
    summary: 'Recall releases: served nowhere while it lasts, and hosts that run one are rolled off',
    input: recallInput.extend({ reason: why }),
    output: z.object({ recall: recallView, jobs: z.array(jobView) }),
  }),
  'recalls.rollOff': endpoint({
    method: 'POST',
    path: '/recalls/:id/roll-off',
    summary: 'Start the roll-offs that an automatic recall proposes, or that were tried in vain',
    input: z.object({
      id: idParam,
      hostIds: z
        .array(z.number().int().positive().max(2_147_483_647))
        .min(1)
        .max(20_000)
        .optional()
        .describe('absent: every host that waits for a person'),
    }),
    output: z.object({ jobs: z.array(jobView) }),
  }),
  'recalls.revert': endpoint({
    method: 'POST',
    path: '/recalls/:id/revert',
    summary: 'End a recall; nothing is put back',
    input: z.object({ id: idParam, reason: why }),
    output: recallView,
  }),
};
