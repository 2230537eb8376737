import { z } from 'zod';
import { judgeTimed } from '../../../server/domain/timed.ts';
import { duration, instant, printInstant } from '../parse.ts';
import { held, release, requireReleaseLabel } from '../stage.ts';
import { windowList } from './windows.ts';

const given = z.object({
  now: instant,
  onSourceSince: instant.nullable().default(null),
  duration,
  excludeWeekends: z.boolean().default(false),
  timeZone: z.string().default('UTC'),
  windows: windowList,
  release,
  requireReleaseLabel,
  held,
  targetIsNewer: z.boolean().default(false),
});

export function timed(input: unknown): unknown {
  const facts = given.parse(input);
  const { status, reasons, eligibleAt } = judgeTimed(
    {
      durationMs: facts.duration,
      excludeWeekends: facts.excludeWeekends,
      requireLabel: facts.requireReleaseLabel,
    },
    {
      ...facts.release,
      onTarget: false,
      onSourceSince: facts.onSourceSince,
      targetIsNewer: facts.targetIsNewer,
      timeZone: facts.timeZone,
      schedule: { timeZone: facts.timeZone, windows: facts.windows },
      holds: facts.held,
    },
    facts.now,
  );
  return { status, reasons: reasons.map(({ code }) => code), eligibleAt: printInstant(eligibleAt) };
}
