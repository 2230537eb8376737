import { endOutage, lockBeat, openOutage } from '../../../db/queries/health-outages.ts';
import { storeBeat } from '../../../db/queries/engine.ts';
import { transact } from '../../../db/transact.ts';
import { durationText } from '../../domain/wording.ts';
import type { Context } from '../context.ts';

/** The two ways in which health reaches us: hosts report it to the web role, the worker role fetches it. */
const INTAKE = {
  'health-reports': 'could take no health reports',
  'health-checks': 'could check no host',
} as const;
export type IntakePart = keyof typeof INTAKE;

/** How often a part gives a sign of life. */
export const INTAKE_BEAT_MS = 5_000;
/** From then on a part that gives none is down. */
const DOWN_AFTER_MS = 20_000;

/**
 * A sign of life of one part of the intake. The time since its last one is an outage when it is too long, whatever the
 * reason: Signalbox was stopped, the database was away, the process stood still. Rule: section 5 (outages).
 */
export async function beatIntake(ctx: Context, part: IntakePart): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const last = await lockBeat(tx, part);
    if (last !== null && now - last > DOWN_AFTER_MS) {
      await endOutage(tx, { startedAt: last, endedAt: now }, causeOf(part, `for ${durationText(now - last)}`));
    }
    await storeBeat(tx, part, now);
  });
}

/** Opens the outage of a part whose process is gone while others work: what is judged meanwhile knows of it. */
export async function watchIntake(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    for (const part of Object.keys(INTAKE) as IntakePart[]) {
      const last = await lockBeat(tx, part);
      if (last !== null && now - last > DOWN_AFTER_MS) await openOutage(tx, last, causeOf(part, 'since then'));
    }
  });
}

function causeOf(part: IntakePart, lasting: string) {
  return { code: 'intake_down', sentence: `Signalbox itself ${INTAKE[part]} ${lasting}.`, part };
}
