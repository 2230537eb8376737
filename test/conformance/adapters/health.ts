import { z } from 'zod';
import { DEFAULT_SOAK_CALENDAR } from '../../../server/domain/calendar.ts';
import { DEFAULT_HEALTH_POLICY, measureSoak } from '../../../server/domain/health.ts';
import { DEFAULT_STALE_AFTER_MS, HEALTH_STATES, saidOfRelease } from '../../../server/domain/observation.ts';
import { duration, instant } from '../parse.ts';

const observation = z
  .object({
    at: instant,
    receivedAt: instant.optional(),
    live: z.boolean(),
    state: z.enum(HEALTH_STATES).nullable().default(null),
  })
  .transform(({ receivedAt, ...said }) => ({ ...said, receivedAt: receivedAt ?? said.at }));

const given = z.object({
  from: instant,
  to: instant,
  staleAfter: duration.default(DEFAULT_STALE_AFTER_MS),
  timeZone: z.string().default(DEFAULT_SOAK_CALENDAR.timeZone),
  excludeWeekends: z.boolean().default(DEFAULT_SOAK_CALENDAR.excludeWeekends),
  outages: z.array(z.object({ from: instant, to: instant })).default([]),
  expectsHealth: z.boolean().default(DEFAULT_HEALTH_POLICY.expectsHealth),
  terminalIsUnhealthy: z.boolean().default(DEFAULT_HEALTH_POLICY.terminalIsUnhealthy),
  /** `reportedAt`: since when the node reports the release; what it said before is about another. */
  nodes: z.array(z.object({ observations: z.array(observation).default([]), reportedAt: instant.optional() })),
});

export function health(input: unknown): unknown {
  const { nodes, from, to, staleAfter, expectsHealth, terminalIsUnhealthy, ...calendar } = given.parse(input);
  const observations = nodes.map((node) => saidOfRelease(node.observations, node.reportedAt ?? -Infinity));
  return measureSoak(
    observations,
    { from, to },
    { staleAfterMs: staleAfter, calendar, policy: { expectsHealth, terminalIsUnhealthy } },
  );
}
