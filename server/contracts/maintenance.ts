import { z } from 'zod';
import { ALWAYS_OPEN, scheduleFaults, WEEKDAYS, type WindowSchedule } from '../domain/windows.ts';

/** Windows as every surface shows them. */
export const windowSchedule = z.object({
  timeZone: z.string(),
  windows: z.array(z.object({ days: z.array(z.enum(WEEKDAYS)), start: z.string(), end: z.string() })),
}) satisfies z.ZodType<WindowSchedule>;

const localTime = z.string().max(5);

/** Windows as a fleet file and the console write them; what is wrong with them is the rule's to say. Rule: section 8. */
export const declaredMaintenance = z
  .strictObject({
    /** IANA name. */
    timeZone: z.string().max(100),
    windows: z
      .array(z.strictObject({ days: z.array(z.enum(WEEKDAYS)).max(7), start: localTime, end: localTime }))
      .min(1, 'needs at least one window; leave maintenance out for none')
      .max(50),
  })
  .superRefine((schedule, issues) => {
    for (const { sentence, path } of scheduleFaults(schedule)) {
      const index = /^windows\[(\d+)\]$/.exec(String(path ?? ''))?.[1];
      issues.addIssue({
        code: 'custom',
        message: sentence.replace(/\.$/, ''),
        path: index === undefined ? ['timeZone'] : ['windows', Number(index)],
      });
    }
  });

/** None declared: always open. */
export function scheduleOf(declared: z.output<typeof declaredMaintenance> | undefined): WindowSchedule {
  return declared ?? { timeZone: ALWAYS_OPEN.timeZone, windows: [] };
}

/** What a form, or a file, of the schedule starts with; undefined: no windows. */
export function declaredMaintenanceOf(schedule: WindowSchedule): z.input<typeof declaredMaintenance> | undefined {
  if (schedule.windows.length === 0) return undefined;
  const windows = schedule.windows.map(({ days, ...times }) => ({ ...times, days: [...days] }));
  return { timeZone: schedule.timeZone, windows };
}
