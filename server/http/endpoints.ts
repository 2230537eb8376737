import type { Context as HttpContext, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { api, type EndpointName } from '../contracts/api.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';
import { runOnce } from '../services/idempotency/run-once.ts';
import type { Actor, Verb } from '../services/verb.ts';
import { callerOf, signedIn, signedInPerson, type Caller } from './caller.ts';
import { handlers, type Handler } from './handlers.ts';
import { inputOf } from './input.ts';
import { visitOf, type SessionStep } from './visit.ts';

export const API_PREFIX = '/api/v1';

const MIB = 1024 * 1024;
const BODY_BYTES = MIB;
/** A fleet file of 10 000 hosts is some 3 MiB; JSON escapes can more than double it. */
const LARGE_BODIES: Partial<Record<EndpointName, number>> = { 'fleet.plan': 32 * MIB, 'fleet.apply': 32 * MIB };

interface Received {
  Variables: { caller: Caller };
}

/** Registers every endpoint of the table. Who may do it is settled before the body is read. */
export function registerEndpoints(app: Hono<Received>, ctx: Context): void {
  for (const name of Object.keys(api) as EndpointName[]) {
    const { method, path } = api[name];
    const handler = handlers[name] as Handler<unknown, unknown>;
    const maxSize = LARGE_BODIES[name] ?? BODY_BYTES;
    app.on(
      method,
      API_PREFIX + path,
      async (c, next) => {
        c.set('caller', await admitted(ctx, c, handler));
        // Here and not in bodyLimit: a body that nobody has touched is drained, so that the client gets to read the answer.
        if (Number(c.req.header('content-length') ?? 0) > maxSize) tooLarge(c);
        await next();
      },
      bodyLimit({ maxSize, onError: tooLarge }),
      async (c) => c.json(await answer(ctx, c, name, handler, c.get('caller')), 200, { 'cache-control': 'no-store' }),
    );
  }
}

async function admitted(ctx: Context, c: HttpContext, handler: Handler<unknown, unknown>): Promise<Caller> {
  const caller = await callerOf(ctx, c);
  if ('action' in handler) handler.admit(signedIn(caller));
  else if (handler.access === 'person') signedInPerson(caller);
  else if (handler.access === 'signed_in') signedIn(caller);
  return caller;
}

async function answer(
  ctx: Context,
  c: HttpContext,
  name: EndpointName,
  handler: Handler<unknown, unknown>,
  caller: Caller,
): Promise<object> {
  const input = await inputOf(c, api[name].input);
  // Parsed on the way out too: what the contract does not name (a hash, an internal field) never leaves.
  const shown = (answered: unknown): object => api[name].output.parse(answered);
  if (!('action' in handler)) return shown(await handler.run(ctx, visitOf(c, caller), input));
  const actor = signedIn(caller);
  const key = c.req.header('idempotency-key');
  if (!takesKey(name) || key === undefined) return shown(await handler.run(ctx, actor, input));
  return replayable(ctx, c, { actor, key, endpoint: name, input }, async (inner) =>
    shown(await handler.run(inner, actor, input)),
  );
}

async function replayable(
  ctx: Context,
  c: HttpContext,
  request: { actor: Actor; key: string; endpoint: EndpointName; input: unknown },
  run: (ctx: Context) => Promise<object>,
): Promise<object> {
  const { answer, replayed } = await runOnce(ctx, request, run);
  if (replayed) c.header('idempotent-replayed', 'true');
  return answer;
}

function tooLarge(c: HttpContext): never {
  throw new Refusal('too_large', `${c.req.method} ${c.req.path} refused: the body is too large. Send less at once.`);
}

/** Whether an Idempotency-Key means something here: for every mutation but those of the caller's own session. */
export function takesKey(name: EndpointName): boolean {
  return api[name].method !== 'GET' && !api[name].safe && 'action' in handlers[name];
}

/** What an endpoint asks of its caller: an action of the permission table, or less. */
export function actionOf(
  name: EndpointName,
): Verb<unknown, unknown>['action'] | SessionStep<unknown, unknown>['access'] {
  const handler = handlers[name] as Handler<unknown, unknown>;
  return 'action' in handler ? handler.action : handler.access;
}
