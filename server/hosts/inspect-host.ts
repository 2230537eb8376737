/** What a host says about itself and one product, changing nothing there. */
import type { AttemptPlan, HostFacts, HostSession } from './contract.ts';
import { frameIs } from './parse-frame.ts';
import { inspectLines } from './plan-lines.ts';
import { inspection } from './protocol.ts';
import { singleAnswer } from './single-answer.ts';

export async function inspectHost(
  session: HostSession,
  where: Pick<AttemptPlan, 'root' | 'product'>,
  options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {},
): Promise<HostFacts> {
  const { root, product } = where;
  return frameIs(inspection, await singleAnswer(session, inspectLines({ root, product }), 'inspect', options));
}
