import { schemaIsCurrent } from '../../../db/migrate.ts';
import { durationText } from '../../domain/wording.ts';
import type { Context } from '../context.ts';

export interface Check {
  ok: boolean;
  /** What is wrong and what to do about it; what was seen where all is well. */
  sentence: string;
}

const DATABASE_PATIENCE_MS = 2_000;
/** The tail reads the log at least once a second. */
const FEED_PATIENCE_MS = 10_000;

/** Whether this process can do its work: database and schema, and the live feed. `feedAge`: milliseconds since it last read. */
export async function readiness(ctx: Context, feedAge: number | null): Promise<Record<'database' | 'feed', Check>> {
  return { database: await databaseCheck(ctx), feed: feedCheck(feedAge) };
}

async function databaseCheck(ctx: Context): Promise<Check> {
  try {
    if (await withinPatience(schemaIsCurrent(ctx.db)))
      return { ok: true, sentence: 'answers, and its schema is current' };
    return { ok: false, sentence: 'its schema is not that of this build. Start the newest build once; it migrates.' };
  } catch (error) {
    ctx.log.warn({ err: error }, 'not ready: the database does not answer');
    return { ok: false, sentence: 'does not answer. The log of the server has the reason.' };
  }
}

function feedCheck(age: number | null): Check {
  if (age === null) return { ok: false, sentence: 'has not read the log yet' };
  if (age > FEED_PATIENCE_MS) return { ok: false, sentence: `last read the log ${durationText(age)} ago` };
  return { ok: true, sentence: 'reads the log' };
}

async function withinPatience<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer within 2 s')), DATABASE_PATIENCE_MS);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
