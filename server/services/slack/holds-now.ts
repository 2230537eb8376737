import { holdsTouching } from '../../../db/queries/slack-facts.ts';
import type { Reader } from '../../../db/connect.ts';
import { holdsChangeAt, inForce } from '../../domain/holds.ts';
import type { HoldView } from '../../domain/views.ts';

/**
 * The holds in force on what a job touches, and when time alone changes that: nothing is recorded when a hold runs out, so
 * whatever names one has to look again. `changesAt`: epoch milliseconds; null: never. Rule: section 12.
 */
export async function holdsNow(
  reader: Reader,
  of: { product: string; jobId: number },
  now: number,
): Promise<{ holds: HoldView[]; changesAt: number | null }> {
  const touching = await holdsTouching(reader, of);
  const spans = touching.map((view) => ({
    view,
    from: view.startsAt,
    until: view.expiresAt,
    releasedAt: view.releasedAt,
  }));
  return {
    holds: spans.filter((span) => inForce(span, now)).map(({ view }) => view),
    changesAt: holdsChangeAt(spans, now),
  };
}
