import type { EvaluationView } from '../../server/domain/views.ts';
import { showPipeline } from '../../server/services/pipeline/show.ts';
import { when } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import { dotted } from '../cards/words.ts';
import { toConsole, type Handler } from './handler.ts';
import { listing } from './listing.ts';
import { productNamed } from './subject.ts';

/** Stage by stage: what is being judged and why not yet, and what was decided last. Rule: section 7. */
export const pipeline: Handler<'pipeline'> = async (bot, caller, { product: name = null }) => {
  const product = await productNamed(bot, caller, name, (known) => `pipeline ${known}`);
  const { pipeline: rules, stages } = await showPipeline.run(bot.ctx, caller.actor, { id: product.id });
  const title = inline(product.name, 80);
  const paused = rules?.paused
    ? [`‖ Paused by ${inline(rules.paused.by, 60)}: ${inline(rules.paused.reason, 300)}`]
    : [];
  const lines = stages.flatMap(({ stage, evaluations }) => [
    `*${inline(stage.source, 63)} → ${inline(stage.target, 63)}* · ${stage.kind}`,
    ...evaluations.toReversed().map(evaluationLine),
  ]);
  return listing({
    title: `Pipeline of ${title}`,
    lines: lines.length === 0 ? [] : [...paused, ...lines],
    rest: toConsole(bot, `/pipelines/${product.id}`),
    none: `No pipeline moves the releases of ${title}. An operator can promote by hand.`,
  });
};

function evaluationLine({ version, status, reasons, eligibleAt, endedAt, decidedBy }: EvaluationView): string {
  return dotted(
    `• ${inline(version, 80)}: ${status}`,
    decidedBy === null ? null : `by ${inline(decidedBy, 60)}`,
    endedAt === null ? null : when(endedAt),
    eligibleAt === null ? null : `earliest ${when(eligibleAt)}`,
    ...reasons.slice(0, 2).map(({ sentence }) => inline(sentence, 300)),
  );
}
