import { z } from 'zod';
import { DEFAULT_SOAK_CALENDAR } from '../../../server/domain/calendar.ts';
import { DEFAULT_ROLLOUT_CRITERIA } from '../../../server/domain/canary-condition.ts';
import { judgeCanary } from '../../../server/domain/canary.ts';
import { ppmOfRatio } from '../../../server/domain/quantity.ts';
import { duration } from '../parse.ts';
import { quantity } from '../quantity.ts';
import { held, release, requireReleaseLabel, windowOpen } from '../stage.ts';

const threshold = z.number().transform(ppmOfRatio);

const condition = z
  .object({ needed: quantity, duration })
  .transform(({ needed, duration: durationMs }) => ({ needed, durationMs }))
  .nullable()
  .default(null);

const given = z.object({
  rollout: z
    .object({
      healthyThreshold: threshold.default(DEFAULT_ROLLOUT_CRITERIA.healthyPpm),
      unhealthyThreshold: threshold.default(DEFAULT_ROLLOUT_CRITERIA.unhealthyPpm),
    })
    .prefault({}),
  release,
  targetIsNewer: z.boolean().default(false),
  windowOpen,
  held,
  conditions: z
    .object({
      promoteWhenHealthy: condition,
      recallWhenUnhealthy: condition,
      minimumEntityCount: z.number().nullable().default(null),
      requireReleaseLabel,
    })
    .prefault({}),
  entities: z
    .array(
      z.object({
        name: z.string(),
        soak: z.object({ soakMs: z.number(), healthyMs: z.number(), unhealthyMs: z.number() }).nullable().default(null),
      }),
    )
    .default([]),
});

const sinceWhen = { true: 0, false: null };

/** The cases leave the clock out: nothing has lasted long enough for a timeout, and no window opens later. */
export function canary(input: unknown): unknown {
  const { rollout, release: about, targetIsNewer, windowOpen: schedule, held: holds, ...facts } = given.parse(input);
  const { requireReleaseLabel: requireLabel, ...conditions } = facts.conditions;
  const { status, reasons } = judgeCanary(
    { ...conditions, requireLabel },
    {
      ...about,
      onTarget: false,
      onSourceSince: sinceWhen[`${about.activeOnSource}`],
      targetIsNewer,
      schedule,
      holds,
      entities: facts.entities.map((entity) => ({ ...entity, health: 'neutral', producesHealth: true, leftAt: null })),
      criteria: { healthyPpm: rollout.healthyThreshold, unhealthyPpm: rollout.unhealthyThreshold },
      calendar: DEFAULT_SOAK_CALENDAR,
      evaluatingSince: 0,
      newestOnSource: true,
    },
    0,
  );
  return { status, reasons: reasons.map(({ code }) => code) };
}
