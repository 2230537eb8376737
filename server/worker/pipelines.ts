import type { Context } from '../services/context.ts';
import { tickPipeline, type PipelineMemory } from '../services/pipeline/tick.ts';

/** Looks at pipelines, one look at a product at a time: two would disturb each other's memory of it. */
export function pipelineWork(ctx: Context): (productId: number) => Promise<void> {
  const memories: PipelineMemory = new Map();
  const looking = new Map<number, Promise<void>>();
  return (productId) => {
    const before = looking.get(productId) ?? Promise.resolve();
    const look = before.catch(() => undefined).then(() => tickPipeline(ctx, memories, productId));
    looking.set(productId, look);
    return look;
  };
}
