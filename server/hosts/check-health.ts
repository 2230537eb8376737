/** Runs the health hook of what a host runs, outside of any attempt, changing nothing that is ours there. */
import type { AttemptPlan, HostSession } from './contract.ts';
import { frameIs } from './parse-frame.ts';
import { healthLines } from './plan-lines.ts';
import { healthAnswer } from './protocol.ts';
import { singleAnswer } from './single-answer.ts';

const GRACE_MS = 10_000;

/**
 * The exit code of the hook; null where there is nothing to ask. It is stopped after `timeoutMs` (exit code 124, 137 or
 * 143). Throws HostUnreachable, RunnerRefused, or the signal's reason.
 */
export async function checkHealth(
  session: HostSession,
  where: Pick<AttemptPlan, 'root' | 'product'>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<number | null> {
  const lines = healthLines({ ...where, timeoutMs });
  const answer = await singleAnswer(session, lines, 'health', { signal, timeoutMs: timeoutMs + GRACE_MS });
  return frameIs(healthAnswer, answer).exit;
}
