import type { SessionLocks } from '../../db/session-lock.ts';
import { enqueueDue, sendBeat, sweepJobs } from '../services/engine/due.ts';
import { beat } from '../services/engine/heartbeat.ts';
import type { Context } from '../services/context.ts';
import { repeat } from '../services/engine/repeat.ts';
import { watchIntake } from '../services/health/outage.ts';
import { forgetOldHealth, forgetOldObservations } from '../services/health/forget.ts';
import { tellSilence } from '../services/health/silence.ts';
import { forgetOldAnswers } from '../services/idempotency/forget-old.ts';
import { forgetExpiredAccess } from '../services/people/forget-expired.ts';
import { forgetSeen } from '../services/slack/seen.ts';

const leaderLockClass = 0x5b03;
const tickMs = 500;
const ticksPerBeat = 10;
const ticksPerSweep = 30;
/** An hour. */
const ticksPerForgetting = 7_200;
const ticksPerSilence = 2;
const ticksPerTidying = 120;

/** The clock role: one leader among any number of processes puts what is due into the queues. Returns how to stop it. */
export function startClock(ctx: Context, locks: SessionLocks): () => Promise<void> {
  let tick = 0;
  return repeat('clock', tickMs, ctx.log, async () => {
    if (!(await locks.lead(leaderLockClass))) return;
    await enqueueDue(ctx);
    if (tick % ticksPerBeat === 0) {
      await beat(ctx, 'clock');
      await sendBeat(ctx);
    }
    if (tick % ticksPerSweep === 0) await sweepJobs(ctx);
    if (tick % ticksPerSilence === 0) {
      await watchIntake(ctx);
      await tellSilence(ctx);
    }
    if (tick % ticksPerTidying === 0) await forgetOldObservations(ctx);
    if (tick % ticksPerForgetting === 0) {
      await forgetExpiredAccess(ctx);
      await forgetOldAnswers(ctx);
      await forgetSeen(ctx);
      await forgetOldHealth(ctx);
    }
    tick += 1;
  });
}
