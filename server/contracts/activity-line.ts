import { z } from 'zod';

/** One line of the log, without the view that it carries. */
export const activityLine = z.object({
  cursor: z.string(),
  at: z.number(),
  kind: z.string(),
  entity: z.object({ kind: z.string(), id: z.number().int(), revision: z.number().int() }),
  actor: z.string(),
  jobId: z.number().int().nullable(),
  hostId: z.number().int().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
