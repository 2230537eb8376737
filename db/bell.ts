import postgres from 'postgres';
import { z } from 'zod';
import { clientOptions, connect } from './connect.ts';

/** What may have changed: the activity log, and the output of some tasks. `every`: look at all, something may be lost. */
export interface Ring {
  board: boolean;
  log: readonly number[] | 'every';
  /** Somebody's access has changed or ended. Not part of a full ring: whoever depends on it looks by itself too, less often. */
  access?: true | undefined;
}

/**
 * Wakes readers in every process after a commit. It only ever hints: a ring may be lost or come twice, so listeners
 * also get a full ring each second and after every reconnect, and read from their own cursor.
 */
export interface Bell {
  /** Call after the commit, never in the transaction: NOTIFY inside writes takes a global lock at commit. */
  ring(what: { board?: boolean; log?: readonly number[]; access?: true | undefined }): void;
  /** Returns its end. `fn` must not throw. */
  listen(fn: (ring: Ring) => void): () => void;
  close(): Promise<void>;
}

export interface BellOptions {
  /** Milliseconds between two notifications of this process; rings in between are one. */
  coalesceMs?: number;
  /** Milliseconds between full rings. */
  floorMs?: number;
}

const channelName = 'signalbox';
/** NOTIFY takes less than 8 000 bytes; 600 ids of at most 10 digits with commas stay below. */
const idsPerNotice = 600;
const notice = z.object({
  board: z.boolean(),
  log: z.union([z.array(z.number().int()), z.literal('every')]),
  access: z.literal(true).optional(),
});

/** Opens two connections of its own: one that listens and one that notifies. */
export async function openBell(url: string, options: BellOptions = {}): Promise<Bell> {
  const { coalesceMs = 22, floorMs = 1_000 } = options;
  const listeners = new Set<(ring: Ring) => void>();
  const tell = (ring: Ring) => listeners.forEach((listener) => listener(ring));
  const everything: Ring = { board: true, log: 'every' };

  const client = postgres(url, { ...clientOptions(url, 'signalbox-bell'), max: 1 });
  const subscription = await client.listen(
    channelName,
    (payload) => tell(parseNotice(payload) ?? everything),
    () => tell(everything),
  );
  const floor = setInterval(() => tell(everything), floorMs);
  const { $client: sender } = connect(url, { max: 1, applicationName: 'signalbox-bell' });
  const outbox = openOutbox((text) => sender.notify(channelName, text), coalesceMs);

  return {
    ring: ({ board = false, log = [], access }) => outbox.put(board, log, access),
    listen(fn) {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    async close() {
      clearInterval(floor);
      listeners.clear();
      await outbox.close();
      await subscription.unlisten().catch(() => undefined);
      await Promise.all([client, sender].map((it) => it.end({ timeout: 1 })));
    },
  };
}

/** Anything else on this channel makes everybody look, which costs little and misses nothing. */
function parseNotice(payload: string): Ring | undefined {
  try {
    return notice.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}

/** Sends at once when it was quiet, then at most once per `coalesceMs`, one notification under way at a time. */
function openOutbox(send: (text: string) => Promise<unknown>, coalesceMs: number) {
  let pending = false;
  let board = false;
  let access: true | undefined;
  const log = new Set<number>();
  let sending: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (pending) {
      const ids = [...log];
      const ring: Ring = { board, log: ids.length > idsPerNotice ? 'every' : ids, access };
      pending = board = false;
      access = undefined;
      log.clear();
      // A notification that cannot be sent is made good by the listeners' floor.
      await send(JSON.stringify(ring)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, coalesceMs));
    }
    sending = undefined;
  }

  return {
    put(ringsBoard: boolean, ids: readonly number[], ringsAccess: true | undefined): void {
      pending = true;
      board ||= ringsBoard;
      access ||= ringsAccess;
      for (const id of ids) log.add(id);
      sending ??= drain();
    },
    async close(): Promise<void> {
      await sending;
    },
  };
}
