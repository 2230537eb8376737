import type { Hono } from 'hono';
import type { Context } from '../services/context.ts';
import { readiness } from '../services/engine/readiness.ts';

/** Milliseconds since the live feed last read the log; null before its first read. */
export type FeedAge = () => number | null;

/** `/healthz`: the process lives. `/readyz`: it can do its work; 503 with what is missing otherwise. For probes: no sign-in. */
export function registerHealth<E extends object>(app: Hono<E>, ctx: Context, feedAge: FeedAge): void {
  app.get('/healthz', (c) => c.json({ ok: true }, 200, { 'cache-control': 'no-store' }));
  app.get('/readyz', async (c) => {
    const checks = await readiness(ctx, feedAge());
    const ok = Object.values(checks).every((check) => check.ok);
    return c.json({ ok, checks }, ok ? 200 : 503, { 'cache-control': 'no-store' });
  });
}
