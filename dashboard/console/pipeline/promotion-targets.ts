import type { PipelineStage } from '../../../server/domain/pipeline.ts';
import type { ReleaseView } from '../../../server/domain/views.ts';

export interface PromotionTarget {
  readonly channel: string;
  /** The stage that leads there from a channel on which the release is; its label requirement counts by hand too. */
  readonly stage: PipelineStage | null;
}

/** Channels without an entry of the release, those first to which a stage leads from where it is. Rule: section 7 (By hand). */
export function promotionTargets(
  release: Pick<ReleaseView, 'channels' | 'demotions'>,
  channels: readonly string[],
  stages: readonly PipelineStage[],
): PromotionTarget[] {
  const taken = [...release.channels, ...release.demotions.map(({ channel }) => channel)];
  return channels
    .filter((channel) => !taken.includes(channel))
    .map((channel) => ({
      channel,
      stage: stages.find(({ source, target }) => target === channel && release.channels.includes(source)) ?? null,
    }))
    .sort((a, b) => Number(a.stage === null) - Number(b.stage === null));
}
