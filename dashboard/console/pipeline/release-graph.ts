import type { ReleaseView } from '../../../server/domain/views.ts';
import type { GraphEdge, GraphNode } from './graph-layout.ts';
import { channelId, stageId } from './pipeline-graph.ts';
import type { ReleasePipeline } from './stage-words.ts';

/** Where a release stands on a channel. */
export type Standing = 'active' | 'demoted' | 'absent';

export type ReleaseBox =
  | { readonly kind: 'channel'; readonly name: string; readonly standing: Standing }
  | { readonly kind: 'stage'; readonly stage: ReleasePipeline['stages'][number] };

const CHANNEL = { width: 150, height: 56 };
const STAGE = { width: 210, height: 84 };

export function standingOn(
  { channels, demotions }: Pick<ReleaseView, 'channels' | 'demotions'>,
  name: string,
): Standing {
  if (channels.includes(name)) return 'active';
  return demotions.some(({ channel }) => channel === name) ? 'demoted' : 'absent';
}

/** The way of one release: the channels of the pipeline and whatever else it stands on, the stages between. */
export function releaseGraph(release: Pick<ReleaseView, 'channels' | 'demotions'>, stages: ReleasePipeline['stages']) {
  const names = new Set([
    ...stages.flatMap(({ stage }) => [stage.source, stage.target]),
    ...release.channels,
    ...release.demotions.map(({ channel }) => channel),
  ]);
  const boxes = new Map<string, ReleaseBox>();
  for (const name of names) boxes.set(channelId(name), { kind: 'channel', name, standing: standingOn(release, name) });
  for (const stage of stages) boxes.set(stageId(stage.stage), { kind: 'stage', stage });
  const nodes: GraphNode[] = [...boxes].map(([id, { kind }]) => ({ id, ...(kind === 'channel' ? CHANNEL : STAGE) }));
  const edges: GraphEdge[] = stages.flatMap(({ stage }) => [
    { from: channelId(stage.source), to: stageId(stage) },
    { from: stageId(stage), to: channelId(stage.target) },
  ]);
  return { nodes, edges, boxes };
}
