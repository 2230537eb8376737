import { z } from 'zod';
import { endpoint, idParam, page, pageInput } from './endpoint.ts';
import { declaredFilter, declaredPipeline } from './pipeline-file.ts';
import {
  entitySoak,
  evaluationChapter,
  evaluationView,
  pipelineStage,
  pipelineView,
  recallView,
  stageStatus,
} from './pipeline-views.ts';
import { productView, reason, releaseView } from './views.ts';

/** What moves releases by itself: pipelines, evaluations, automatic installs. */

const why = z.string().trim().min(1).max(500);
const channelName = z.string().min(1).max(63);
const count = z.number().int();
const instant = z.number().int().describe('epoch milliseconds');
const labels = z.record(z.string(), z.string());

const windowState = z.object({
  open: z.boolean(),
  nextOpen: instant.nullable().describe('null while open, or when none will open'),
  nextClose: instant.nullable().describe('null while closed, or when it never closes'),
});

const channelRelease = z.object({
  releaseId: count,
  version: z.string(),
  sequence: count,
  promotedAt: instant,
  promotedBy: z.string(),
  demoted: z.boolean(),
  recalled: z.boolean(),
  on: count.describe('environments that follow the channel and run it on every host'),
  upgrading: count.describe('environments that follow the channel and run it on some hosts'),
});

const shownPipeline = z.object({
  product: productView,
  pipeline: pipelineView.nullable().describe('null: none is configured'),
  window: windowState,
  /** When the clock looks at it next; null: at its next turn. */
  nextLookAt: instant.nullable(),
  channels: z.array(
    z.object({
      id: count,
      name: z.string(),
      following: count.describe('environments that follow it'),
      releases: z.array(channelRelease).describe('newest entry first, at most 50'),
    }),
  ),
  stages: z.array(
    z.object({ stage: pipelineStage, evaluations: z.array(evaluationView).describe('undecided ones and the latest') }),
  ),
});

const entity = z.object({ environmentId: count, name: z.string(), labels, hosts: count });

const shownEvaluation = z.object({
  evaluation: evaluationView,
  /** As it was judged last. */
  stage: pipelineStage,
  criteria: z.object({ healthyPpm: count, unhealthyPpm: count }),
  requirements: z.array(z.object({ code: z.string(), met: z.boolean(), reason: reason.nullable() })),
  cannotPass: reason.nullable().describe('why it is certain that the clock and health alone no longer have it pass'),
  entities: z.array(
    entitySoak.extend({
      pinned: z.boolean(),
      /** The soak from its beginning to now, or to the decision. */
      bar: z.array(z.object({ from: instant, to: instant, kind: z.enum(['healthy', 'unhealthy', 'neutral', 'cut']) })),
    }),
  ),
  history: z.array(evaluationChapter),
});

const releasePipeline = z.object({
  release: releaseView,
  banner: z.object({
    state: z.enum(['being_evaluated', 'passed', 'recalled', 'stopped', 'not_in_pipeline']),
    sentence: z.string(),
  }),
  recalls: z.array(recallView),
  stages: z.array(z.object({ stage: pipelineStage, evaluation: evaluationView.nullable() })),
});

export const pipelineApi = {
  'pipelines.show': endpoint({
    method: 'GET',
    path: '/products/:id/pipeline',
    summary: 'The pipeline of a product: channels with their releases, stages with what they judge',
    input: z.object({ id: idParam }),
    output: shownPipeline,
  }),
  'pipelines.save': endpoint({
    method: 'POST',
    path: '/products/:id/pipeline',
    summary: 'Configure the pipeline of a product; what a fleet file owns is changed there',
    input: declaredPipeline.extend({ id: idParam }),
    output: pipelineView,
  }),
  'pipelines.preview': endpoint({
    method: 'POST',
    path: '/products/:id/pipeline/preview',
    summary: 'Which entities filters select',
    safe: true,
    input: z.object({ id: idParam, filters: z.array(declaredFilter).max(50) }),
    output: z.object({ candidates: count, selected: z.array(entity), left: z.array(entity) }),
  }),
  'pipelines.pause': endpoint({
    method: 'POST',
    path: '/products/:id/pipeline/pause',
    summary: 'Nothing of the product moves by itself until somebody resumes it',
    input: z.object({ id: idParam, reason: why }),
    output: pipelineView,
  }),
  'pipelines.resume': endpoint({
    method: 'POST',
    path: '/products/:id/pipeline/resume',
    summary: 'The pipeline goes on',
    input: z.object({ id: idParam }),
    output: pipelineView,
  }),
  'evaluations.list': endpoint({
    method: 'GET',
    path: '/evaluations',
    summary: 'Evaluations, newest first',
    input: z.object({
      ...pageInput,
      productId: idParam.optional(),
      releaseId: idParam.optional(),
      source: channelName.optional(),
      target: channelName.optional(),
      status: stageStatus.optional(),
    }),
    output: page(evaluationView),
  }),
  'evaluations.show': endpoint({
    method: 'GET',
    path: '/evaluations/:id',
    summary: 'One evaluation: every requirement with its numbers, the soak of each test entity, its history',
    input: z.object({ id: idParam }),
    output: shownEvaluation,
  }),
  'evaluations.reopen': endpoint({
    method: 'POST',
    path: '/evaluations/:id/reopen',
    summary: 'Have a stage judge a release again that it has decided on',
    input: z.object({ id: idParam, reason: why }),
    output: evaluationView,
  }),
  'automaticInstalls.list': endpoint({
    method: 'GET',
    path: '/automatic-installs',
    summary: 'Where automation would take each host, and every reason why it does not',
    input: z.object({
      ...pageInput,
      productId: idParam.optional(),
      environmentId: idParam.optional(),
      hostId: idParam.optional(),
    }),
    output: page(
      z.object({
        hostId: count,
        host: z.string(),
        environmentId: count,
        productId: count,
        target: z.string().nullable().describe('null: there is nothing to go to'),
        reasons: z.array(reason),
        since: instant,
      }),
    ),
  }),
  'releases.pipeline': endpoint({
    method: 'GET',
    path: '/releases/:id/pipeline',
    summary: 'The way of one release through the pipeline of its product',
    input: z.object({ id: idParam }),
    output: releasePipeline,
  }),
  'releases.promote': endpoint({
    method: 'POST',
    path: '/releases/:id/promote',
    summary: 'Promote by hand: skips soak and window; recalls, labels and holds stay',
    input: z.object({ id: idParam, channel: channelName, from: channelName.optional(), reason: why }),
    output: releaseView,
  }),
};
