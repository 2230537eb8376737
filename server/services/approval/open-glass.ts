import { lastGlass, type GlassRow } from '../../../db/queries/approvals.ts';
import type { Reader } from '../../../db/connect.ts';
import { decideUse } from '../../domain/break-glass.ts';
import { exactPlan } from './exact-plan.ts';

/**
 * The glass that opens the way for a job's plan at `now`, or null. It was broken for this job alone, and the job runs once:
 * that is its one use, so what has started under it goes on under it until the hour is over. Rule: section 11.
 */
export async function openGlass(reader: Reader, jobId: number, now: number): Promise<GlassRow | null> {
  const glass = await lastGlass(reader, jobId);
  if (!glass) return null;
  const { hash } = await exactPlan(reader, jobId);
  return decideUse({ ...glass, usedAt: null }, hash, now).allowed ? glass : null;
}
