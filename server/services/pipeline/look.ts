import { judgedOf, type KnownEvaluation, type PlacedRelease } from '../../../db/queries/evaluations.ts';
import { judgeCanary } from '../../domain/canary.ts';
import { isJudgedAgain, STAGE_REMOVED, type EntitySoak, type Measured } from '../../domain/evaluation.ts';
import type { PipelineStage } from '../../domain/pipeline.ts';
import type { StageVerdict } from '../../domain/stages.ts';
import { judgeTimed } from '../../domain/timed.ts';
import { comparePositions } from '../../domain/versions.ts';
import { canaryFacts, measuredBy, testEntities } from './canary-facts.ts';
import { entryOn, stageFacts, type PipelineFacts } from './facts.ts';

/** What one look says of one release at one stage. */
export interface Judgement {
  release: Pick<PlacedRelease, 'releaseId' | 'version' | 'sequence'>;
  stage: PipelineStage;
  /** Null: it reaches the stage with this look. */
  known: KnownEvaluation | null;
  verdict: StageVerdict;
  /** When the evaluation began, or begins anew with this look. */
  since: number;
  /** It was over and begins anew. */
  anew: boolean;
  measured: Measured | null;
  entities: readonly EntitySoak[];
}

/**
 * Judges every release at every stage that looks at it: those on the source that no evaluation is known of yet, those
 * undecided, those that are on the source again. Oldest first, so that no promotion supersedes what is due with it.
 * Rule: section 7.
 */
export function lookAtPipeline(facts: PipelineFacts, now: number): Judgement[] {
  const { stages } = facts.settings;
  const judged = stages.flatMap((stage) => judgedAt(facts, stage, now));
  const gone = facts.known.filter((known) => known.endedAt === null && !stages.some((stage) => isOf(stage, known)));
  const { versioning } = facts.product;
  return [...judged.sort((a, b) => comparePositions(versioning, a.release, b.release)), ...gone.map(withoutStage)];
}

function isOf({ source, target }: PipelineStage, known: KnownEvaluation): boolean {
  return known.source === source && known.target === target;
}

function judgedAt(facts: PipelineFacts, stage: PipelineStage, now: number): Judgement[] {
  const known = new Map(
    facts.known.filter((evaluation) => isOf(stage, evaluation)).map((evaluation) => [evaluation.releaseId, evaluation]),
  );
  return (facts.byChannel.get(stage.source) ?? []).flatMap((release) => {
    const evaluation = known.get(release.releaseId) ?? null;
    if (evaluation ? !isJudgedAgain(judgedOf(evaluation), !release.demoted) : !reaches(facts, stage, release))
      return [];
    return [judge(facts, stage, release, evaluation, now)];
  });
}

/** What is on the target already, or was demoted before any stage saw it, has nothing to be evaluated for. */
function reaches(facts: PipelineFacts, { target }: PipelineStage, release: PlacedRelease): boolean {
  return !release.demoted && entryOn(facts, target, release.releaseId) === undefined;
}

function judge(
  facts: PipelineFacts,
  stage: PipelineStage,
  release: PlacedRelease,
  known: KnownEvaluation | null,
  now: number,
): Judgement {
  const anew = known !== null && known.endedAt !== null;
  const since = known === null || anew ? now : known.since;
  const common = stageFacts(facts, stage, release, 'automation', now);
  const judgement = { release, stage, known, since, anew };
  if (stage.kind === 'timed') {
    const verdict = judgeTimed(stage, { ...common, timeZone: facts.settings.timeZone }, now);
    return { ...judgement, verdict, measured: null, entities: [] };
  }
  const entities = testEntities(facts, stage, release.releaseId, since);
  const asked = canaryFacts(facts, common, entities, stage, release, since);
  const measured = measuredBy(stage, asked.criteria, entities);
  return { ...judgement, verdict: judgeCanary(stage, asked, now), measured, entities };
}

function withoutStage(known: KnownEvaluation): Judgement {
  return {
    release: { releaseId: known.releaseId, version: '', sequence: 0 },
    stage: known.stage,
    known,
    verdict: STAGE_REMOVED,
    since: known.since,
    anew: false,
    measured: known.measured,
    entities: [],
  };
}
