import type { WebClient } from '@slack/web-api';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../../server/services/context.ts';
import { noteLag } from '../../server/services/slack/messages.ts';
import { followLog } from '../../server/services/slack/reader.ts';
import { openSender, type Sender } from './sender.ts';
import { slackOf } from './web-api.ts';

export interface RendererOptions {
  /** The background one: `rejectRateLimitedCalls`, no retries of its own, and a finite timeout. */
  readonly client: WebClient;
  /** Whether this process is the one that sends; asked again and again. `locks.lead(rendererLockClass)`. */
  readonly lead: () => Promise<boolean>;
}

export const rendererLockClass = 0x5b04;

const LEAD_AGAIN_MS = 1_000;
/** How long a stop waits for a call to Slack; what it was about is looked for by whoever sends next. */
const PATIENCE_MS = 3_000;
/** Waits are cut short, so that a clock that is moved by hand is seen. */
const LOOK_AGAIN_MS = 250;
const LAG_EVERY_MS = 2_000;

/**
 * Keeps every message in Slack true to the database, in one process at a time, until stopped. Slack being away stops
 * nothing: what is due stays due.
 */
export function startRenderer(ctx: Context, { client, lead }: RendererOptions): () => Promise<void> {
  const slack = slackOf(client);
  const ending = new AbortController();
  const { signal } = ending;
  const running = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await lead()) await serve();
      } catch (error) {
        if (!signal.aborted) ctx.log.error({ err: error }, 'slack: the renderer failed; trying again');
      }
      await rest(LEAD_AGAIN_MS);
    }
  }

  /** As long as this process leads. */
  async function serve(): Promise<void> {
    const term = new AbortController();
    const reading = followLog(ctx, AbortSignal.any([signal, term.signal]));
    try {
      await send(await openSender(ctx, slack));
    } finally {
      term.abort();
      await reading;
    }
  }

  async function send(sender: Sender): Promise<void> {
    let lagAt = -Infinity;
    while (!signal.aborted && (await lead())) {
      const turn = await sender.turn();
      if (performance.now() - lagAt >= LAG_EVERY_MS) {
        lagAt = performance.now();
        await noteLag(ctx);
      }
      if (turn.kind === 'idle') await rung();
    }
  }

  /** Until something may have happened, or a little time has passed. */
  async function rung(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = ctx.bell.listen(({ board }) => board && resolve());
    await Promise.race([promise, rest(LOOK_AGAIN_MS)]);
    end();
  }

  const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);

  return async () => {
    ending.abort();
    await Promise.race([running, pause(PATIENCE_MS, undefined, { ref: false })]);
  };
}
