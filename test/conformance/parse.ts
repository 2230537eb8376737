import { z } from 'zod';

/** ISO-8601 UTC → epoch milliseconds. */
export const instant = z.string().transform((text) => Temporal.Instant.from(text).epochMilliseconds);

/** ISO-8601 duration with 24-hour days → milliseconds. */
export const duration = z.string().transform((text) => Temporal.Duration.from(text).total({ unit: 'milliseconds' }));

export const labels = z.record(z.string(), z.string());

/** Epoch milliseconds → ISO-8601 UTC as `Temporal.Instant` prints it; null stays null. */
export function printInstant(at: number): string;
export function printInstant(at: number | null): string | null;
export function printInstant(at: number | null): string | null {
  return at === null ? null : Temporal.Instant.fromEpochMilliseconds(at).toString();
}
