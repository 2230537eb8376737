import { storeBeat } from '../../../db/queries/engine.ts';
import type { Context } from '../context.ts';

export type EnginePart = 'clock' | 'queue' | 'feed';

/** A sign of life of one moving part; screens show its age. */
export async function beat(ctx: Context, part: EnginePart): Promise<void> {
  await storeBeat(ctx.db, part, ctx.clock.now());
}
