import { allowed, refused, type Decision } from './reason.ts';
import { unmetLabel, type LabelRequirement, type StageFacts } from './stages.ts';

/** What a person may do to an evaluation: promote by hand, or open it again. */
export type ManualPromotionCode =
  'reason_missing' | 'recalled' | 'already_promoted' | 'not_on_source' | 'label_missing' | 'held';

/** Skips soak and window; keeps rules 1 and 3, the label requirement and the holds. Rule: section 7 (By hand). */
export function judgeManualPromotion(
  facts: StageFacts,
  requirement: LabelRequirement | null,
  reason: string,
): Decision<ManualPromotionCode> {
  if (reason.trim() === '')
    return refused('reason_missing', 'promotion refused: it needs a reason. Say why it cannot wait.');
  if (facts.recalled) {
    return refused(
      'recalled',
      'promotion refused: the release is recalled. Revert the recall, or promote another release.',
    );
  }
  if (facts.onTarget)
    return refused('already_promoted', 'promotion refused: the release has an entry on the target channel.');
  if (facts.onSourceSince === null) {
    return refused(
      'not_on_source',
      'promotion refused: the release is not active on the source channel. Un-demote it first.',
    );
  }
  const [unmet] = [...unmetLabel(facts, requirement), ...facts.holds];
  if (!unmet) return allowed();
  const { code, sentence, ...numbers } = unmet;
  return refused(code, `promotion refused: ${sentence}`, numbers);
}
