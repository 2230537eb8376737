import { checkUrl, stateOfExit } from '../domain/health-check.ts';
import type { HealthState } from '../domain/observation.ts';
import { HostUnreachable, RunnerRefused, type HostSession } from '../hosts/contract.ts';
import { checkHealth } from '../hosts/check-health.ts';
import { inspectHost } from '../hosts/inspect-host.ts';
import { openSession } from '../hosts/open-session.ts';
import type { Context } from '../services/context.ts';
import { noteLook, type Seen } from '../services/host/contact.ts';
import { takeHostsToProbe, type Look } from '../services/host/take-due.ts';
import { hostAddress } from './host-address.ts';
import { askOverHttp } from './http-check.ts';
import { maskedReason } from './mask.ts';
import type { Pool, Slot } from './pool.ts';

/** Looks at hosts that nothing else is in contact with, until none is due: do they answer, and what do they run? */
export function probeWork(ctx: Context, pool: Pool, shutdown: AbortSignal) {
  return async (): Promise<void> => {
    for (let more = true; more && !shutdown.aborted;) more = await probeDue(ctx, pool, shutdown);
  };
}

/** As many as there is room for. False: no more are due. */
async function probeDue(ctx: Context, pool: Pool, shutdown: AbortSignal): Promise<boolean> {
  const first = await pool.vacancy(shutdown).catch(() => null);
  if (!first) return false;
  const slots = [first, ...vacant(pool)];
  try {
    const looks = await takeHostsToProbe(ctx, slots.length);
    for (const look of looks) {
      const work = () => lookAt(ctx, look, shutdown);
      await pool.begin(
        slots.shift() as Slot,
        () => Promise.resolve(work),
        (error) => ctx.log.error({ err: error, host: look.host.name }, 'probe: failed; the host is due again later'),
      );
    }
    return slots.length === 0;
  } finally {
    for (const unused of slots) unused();
  }
}

function vacant(pool: Pool): Slot[] {
  return Array.from({ length: pool.room }, () => pool.tryTake()).filter((slot) => slot !== null);
}

async function lookAt(ctx: Context, look: Look, shutdown: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(Math.max(1, look.overAt - ctx.clock.now()));
  const found = await seen(ctx, look, AbortSignal.any([shutdown, late])).catch((error: unknown) => {
    if (shutdown.aborted) return null;
    return { problem: late.aborted ? tooSlow(look) : maskedReason(problemOf(error), ctx.config.secrets) };
  });
  if (found) await noteLook(ctx, look, found);
}

async function seen(ctx: Context, { host, products }: Look, signal: AbortSignal): Promise<Seen> {
  const address = await hostAddress(host.connection, ctx.config.keysFolder);
  const session = await openSession(address, { connectTimeoutMs: ctx.config.connectTimeoutMs, signal });
  try {
    const runs = [];
    for (const product of products) {
      const facts = await inspectHost(session, { root: host.root, product: product.name }, { signal });
      const health = facts.current && (await healthOf(session, host, product, signal));
      runs.push({ productId: product.id, reported: facts.current, health });
    }
    return { runs };
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** A look has to end: a hook that waits for health longer than this does not have it. */
const healthPatienceMs = 20_000;

async function healthOf(
  session: HostSession,
  { name: host, root, connection }: Look['host'],
  { name, healthHook, healthCheck }: Look['products'][number],
  signal: AbortSignal,
): Promise<HealthState | null> {
  if (healthCheck) {
    const address = connection.transport === 'local' ? '127.0.0.1' : connection.address;
    return askOverHttp(new URL(checkUrl(healthCheck.url, host, address)), healthCheck.timeoutMs, signal);
  }
  if (!healthHook) return null;
  const timeoutMs = Math.min(healthHook.timeoutMs, healthPatienceMs);
  const exit = await checkHealth(session, { root, product: name }, { timeoutMs, signal });
  return exit === null ? null : stateOfExit(exit);
}

/** Throws what is neither the line nor the host. */
function problemOf(error: unknown) {
  if (!(error instanceof HostUnreachable || error instanceof RunnerRefused)) throw error;
  return { code: error.code, sentence: error.message };
}

function tooSlow({ host }: Look) {
  const sentence = `${host.name} let us in and then gave no whole answer in time. Look at its load and its disks.`;
  return { code: 'timeout', sentence };
}
