/** Asks an attempt to stop at its next step boundary before `activate`. */
import { HostUnreachable, type AttemptPlan, type HostSession } from './contract.ts';
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

/**
 * The same for an attempt that is being followed over this session: a host that lets in one command per connection
 * (MaxSessions 1) is asked over `another` one.
 */
export async function cancelFollowed(
  session: HostSession,
  plan: AttemptPlan,
  another: () => Promise<HostSession>,
): Promise<void> {
  try {
    await cancelAttempt(session, plan);
  } catch (error) {
    if (!(error instanceof HostUnreachable) || error.code !== 'channel_refused') throw error;
    const own = await another();
    try {
      await cancelAttempt(own, plan);
    } finally {
      await own.close();
    }
  }
}
