import { UsageError } from './exit.ts';

/** An instant that somebody has written, epoch milliseconds. */
export function instantOf(option: string, text: string): number {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    throw new UsageError(
      `${option} does not understand ${text}: write an instant with its zone, such as 2026-11-21T18:00Z.`,
    );
  }
}
