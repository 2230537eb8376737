import { z } from 'zod';
import { WEEKDAYS, windowState } from '../../../server/domain/windows.ts';
import { instant, printInstant } from '../parse.ts';

export const windowList = z
  .array(z.object({ days: z.array(z.enum(WEEKDAYS)), start: z.string(), end: z.string() }))
  .default([]);

const given = z.object({ at: instant, timeZone: z.string().default('UTC'), windows: windowList });

export function windows(input: unknown): unknown {
  const { at, timeZone, windows: list } = given.parse(input);
  const { open, nextOpen, nextClose } = windowState({ timeZone, windows: list }, at);
  return { open, nextOpen: printInstant(nextOpen), nextClose: printInstant(nextClose) };
}
