import type { GraphEdge, GraphNode } from './graph-layout.ts';
import { stageName, stageRules, type ShownPipeline } from './stage-words.ts';

/** What stands in one box of a pipeline's graph. */
export type PipelineBox =
  | { readonly kind: 'channel'; readonly channel: ShownPipeline['channels'][number] }
  | { readonly kind: 'stage'; readonly stage: ShownPipeline['stages'][number] };

/** Rows that a box shows; the table has all of them. */
export const RELEASES_SHOWN = 4;
export const EVALUATIONS_SHOWN = 3;

const CHANNEL = { width: 220, head: 54, row: 30, rest: 26 };
const STAGE = { width: 180, head: 36, rule: 18, row: 28, pad: 10 };

export interface PipelineGraph {
  readonly nodes: GraphNode[];
  readonly edges: GraphEdge[];
  readonly boxes: ReadonlyMap<string, PipelineBox>;
}

export const channelId = (name: string) => `channel ${name}`;
export const stageId = (stage: { source: string; target: string }) => `stage ${stageName(stage)}`;

/** Channels and stages as boxes with their sizes: a stage stands between its channels. */
export function pipelineGraph({ channels, stages }: Pick<ShownPipeline, 'channels' | 'stages'>): PipelineGraph {
  const boxes = new Map<string, PipelineBox>();
  for (const channel of channels) boxes.set(channelId(channel.name), { kind: 'channel', channel });
  for (const stage of stages) boxes.set(stageId(stage.stage), { kind: 'stage', stage });
  const nodes = [...boxes].map(([id, box]) => ({ id, ...sizeOf(box) }));
  const known = new Set(channels.map(({ name }) => name));
  const edges = stages
    .filter(({ stage }) => known.has(stage.source) && known.has(stage.target))
    .flatMap(({ stage }) => [
      { from: channelId(stage.source), to: stageId(stage) },
      { from: stageId(stage), to: channelId(stage.target) },
    ]);
  return { nodes, edges, boxes };
}

function sizeOf(box: PipelineBox): { width: number; height: number } {
  if (box.kind === 'channel') {
    const { releases } = box.channel;
    const rows = Math.max(1, Math.min(RELEASES_SHOWN, releases.length));
    const rest = releases.length > RELEASES_SHOWN ? CHANNEL.rest : 0;
    return { width: CHANNEL.width, height: CHANNEL.head + rows * CHANNEL.row + rest };
  }
  const { stage, evaluations } = box.stage;
  const rows = Math.min(EVALUATIONS_SHOWN, evaluations.length);
  const rest = evaluations.length > EVALUATIONS_SHOWN ? STAGE.rule : 0;
  const height = STAGE.head + stageRules(stage).length * STAGE.rule + rows * STAGE.row + rest + STAGE.pad;
  return { width: STAGE.width, height };
}
