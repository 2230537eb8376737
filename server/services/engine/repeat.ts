import type { Logger } from 'pino';

/** Runs `work` again and again, `everyMs` after its last end, until stopped. What it throws is logged; it goes on. */
export function repeat(name: string, everyMs: number, log: Logger, work: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const turn = () => {
    running = work()
      .catch((error: unknown) => log.error({ err: error }, `${name}: failed; trying again`))
      .then(() => {
        if (!stopped) timer = setTimeout(turn, everyMs);
      });
  };
  turn();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
