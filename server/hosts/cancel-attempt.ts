/** Asks an attempt to stop at its next step boundary before `activate`. */
import type { AttemptPlan, HostSession } from './contract.ts';
import { cancelLines } from './plan-lines.ts';
import { singleAnswer } from './single-answer.ts';

/**
 * Resolves when the mark is on the host; how the attempt ends is told by its final report (`cancelled`, or its proper end when
 * `activate` came first). Also before the attempt has begun. Throws RunnerRefused `fence_stale`, HostUnreachable. Rule: section 10.
 */
export async function cancelAttempt(
  session: HostSession,
  plan: Pick<AttemptPlan, 'attempt' | 'fence' | 'root' | 'product'>,
  options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {},
): Promise<void> {
  const { attempt, fence, root, product } = plan;
  await singleAnswer(session, cancelLines({ attempt, fence, root, product }), 'done', options);
}
