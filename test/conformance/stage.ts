import { z } from 'zod';
import type { WindowSchedule } from '../../server/domain/windows.ts';
import type { Reason } from '../../server/domain/reason.ts';
import { ALWAYS_OPEN } from '../../server/domain/windows.ts';
import { labels } from './parse.ts';

/** What timed and canary cases write alike. */
export const requireReleaseLabel = z
  .object({ key: z.string(), values: z.array(z.string()).optional() })
  .nullable()
  .default(null);

export const release = z
  .object({
    labels: labels.default({}),
    activeOnSource: z.boolean().default(true),
    recalled: z.boolean().default(false),
  })
  .prefault({});

const someHold: Reason<'held'> = { code: 'held', sentence: 'A hold.' };

/** A case says that some hold stops the promotion, not which. */
export const held = z
  .boolean()
  .default(false)
  .transform((yes): Reason<'held'>[] => (yes ? [someHold] : []));

const neverOpen: WindowSchedule = { timeZone: 'UTC', windows: [{ days: [], start: '00:00', end: '00:00' }] };

/** A case says whether a window is open now, not when the next one is. */
export const windowOpen = z
  .boolean()
  .default(true)
  .transform((yes) => (yes ? ALWAYS_OPEN : neverOpen));
