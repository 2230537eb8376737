/**
 * Lets at most `limit` handshakes through at once per key (address and port). sshd drops connections beyond MaxStartups,
 * and drops them silently: a wave of 100 hosts behind one address loses half of them without this.
 */
export interface HandshakeGate {
  /** Waits for a slot. The returned function gives it back. Rejects with the signal's reason. */
  enter(key: string, signal?: AbortSignal): Promise<() => void>;
}

interface Lane {
  open: number;
  readonly waiting: Set<() => void>;
}

export function createHandshakeGate(limit = 8): HandshakeGate {
  const lanes = new Map<string, Lane>();

  const leave = (key: string, lane: Lane) => {
    const [next] = lane.waiting;
    if (next) {
      lane.waiting.delete(next);
      next();
      return;
    }
    lane.open -= 1;
    if (lane.open === 0) lanes.delete(key);
  };

  return {
    async enter(key, signal) {
      signal?.throwIfAborted();
      const lane = lanes.get(key) ?? { open: 0, waiting: new Set() };
      lanes.set(key, lane);
      if (lane.open < limit) lane.open += 1;
      else await turn(lane, signal);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave(key, lane);
      };
    },
  };
}

/** A slot is handed over by the one that leaves, so the count stays as it is. */
function turn(lane: Lane, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      lane.waiting.delete(go);
      reject(signal?.reason);
    };
    const go = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    lane.waiting.add(go);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
