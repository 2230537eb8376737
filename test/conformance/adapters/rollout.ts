import { z } from 'zod';
import { DEFAULT_ROLLOUT_POLICY } from '../../../server/domain/rollout-policy.ts';
import { judgeRollout } from '../../../server/domain/rollout.ts';
import { quantity } from '../quantity.ts';

const given = z.object({
  policy: z
    .object({
      waves: z.array(quantity).default([...DEFAULT_ROLLOUT_POLICY.waves]),
      maxParallel: z.number().default(DEFAULT_ROLLOUT_POLICY.maxParallel),
      maxFailures: quantity.default(DEFAULT_ROLLOUT_POLICY.maxFailures),
    })
    .prefault({}),
  tasks: z.array(
    z.object({
      host: z.string(),
      role: z.enum(['management', 'target']).default('target'),
      held: z.boolean().default(false),
      state: z.enum([
        'pending',
        'running',
        'succeeded',
        'failed',
        'unreachable',
        'skipped',
        'cancelled',
        'not_started',
      ]),
    }),
  ),
});

/**
 * The cases leave baking out, and what goes with it: every host is steady and ready, nobody paused or refused anything.
 */
export function rollout(input: unknown): unknown {
  const { policy, tasks } = given.parse(input);
  const facts = tasks.map(({ host, role, state, held }) => ({
    id: host,
    host,
    role,
    status: state,
    endedAt: 0,
    steadySince: 0,
    ready: true,
    blockedBy: null,
    heldBy: held ? ({ code: 'held', sentence: 'held' } as const) : null,
  }));
  const { decision, start, notStarted, jobStatus } = judgeRollout(
    {
      policy: { ...policy, bakeMs: 0 },
      tasks: facts,
      continued: [],
      paused: false,
      cancelling: false,
      refusals: [],
    },
    0,
  );
  return { decision, start, notStarted, jobStatus };
}
