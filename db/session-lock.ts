import { setTimeout as pause } from 'node:timers/promises';
import type postgres from 'postgres';
import { connect } from './connect.ts';

/**
 * A connection of its own that holds advisory locks for as long as the process lives: PostgreSQL frees them within
 * milliseconds of a SIGKILL, which no lease can. When the connection breaks, the locks are taken again; meanwhile
 * others may take over, which the fence makes harmless.
 */
export interface SessionLocks {
  /** Waits for the lock and holds it until `release`, whatever happens to the connection; returns `release`. */
  hold(lockClass: number, key: LockKey): Promise<() => Promise<void>>;
  /** Takes the lock only if it is free. Null: somebody else holds it, or this process does already. */
  tryHold(lockClass: number, key: LockKey): Promise<HeldLock | null>;
  /** True while this session holds the lock of a leader; tries to become it otherwise. */
  lead(lockClass: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface HeldLock {
  release(): Promise<void>;
  /** Aborted when the connection broke and somebody else has the lock now. */
  lost: AbortSignal;
}

/** A number as it is, a text by PostgreSQL's own `hashtext`. */
export type LockKey = number | string;

interface Lock {
  lockClass: number;
  key: LockKey;
  /** Backend that holds it for us; null: none does. A lock ends with its session, so the pid tells whether it stands. */
  session: number | null;
  /** Gives the lock up instead of trying to get it back. */
  lose: AbortController | null;
}

const restoreEveryMs = 500;
const waitMs = 100;

/** Opens the connection at the first lock. */
export function openSessionLocks(url: string, name: string): SessionLocks {
  const client = connect(url, { max: 1, applicationName: `${name}-locks`, keepOpen: true }).$client;
  const held = new Map<string, Lock>();
  const nameOf = (lockClass: number, key: LockKey) => `${lockClass}/${key}`;
  const exclusively = oneAtATime();
  let restoring = false;

  /** Never blocks the connection: whoever waits for a lock asks again. */
  async function take(lock: Lock): Promise<boolean> {
    const [row] = await client<{ pid: number; got: boolean }[]>`
      select pg_backend_pid() as pid, pg_try_advisory_lock(${lock.lockClass}, ${keyOf(client, lock.key)}) as got`;
    lock.session = row?.got ? row.pid : null;
    return lock.session !== null;
  }
  async function currentSession(): Promise<number | undefined> {
    const [row] = await client<{ pid: number }[]>`select pg_backend_pid() as pid`;
    return row?.pid;
  }
  async function restore(): Promise<void> {
    const session = await currentSession();
    for (const [lockName, lock] of held) {
      if (lock.session === session || (await take(lock)) || !lock.lose) continue;
      held.delete(lockName);
      lock.lose.abort(new Error('the connection broke, and somebody else holds the lock now'));
    }
  }
  function add(lockClass: number, key: LockKey, lose: AbortController | null): Promise<Lock | null> {
    return exclusively(async () => {
      const lock = { lockClass, key, session: null, lose };
      if (held.has(nameOf(lockClass, key)) || !(await take(lock))) return null;
      held.set(nameOf(lockClass, key), lock);
      return lock;
    });
  }
  const releaser = (lock: Lock) => () =>
    exclusively(async () => {
      const { lockClass, key } = lock;
      if (held.get(nameOf(lockClass, key)) !== lock) return;
      held.delete(nameOf(lockClass, key));
      // What cannot be freed over a broken line is free already.
      await client`select pg_advisory_unlock(${lockClass}, ${keyOf(client, key)})`.catch(() => undefined);
    });
  const timer = setInterval(() => {
    if (restoring || held.size === 0) return;
    restoring = true;
    exclusively(restore)
      .catch(() => undefined)
      .finally(() => (restoring = false));
  }, restoreEveryMs);

  return {
    async hold(lockClass, key) {
      for (;;) {
        const lock = await add(lockClass, key, null);
        if (lock) return releaser(lock);
        await pause(waitMs);
      }
    },
    async tryHold(lockClass, key) {
      const lose = new AbortController();
      const lock = await add(lockClass, key, lose);
      return lock && { release: releaser(lock), lost: lose.signal };
    },
    lead: (lockClass) =>
      exclusively(async () => {
        const lock = held.get(nameOf(lockClass, 0)) ?? { lockClass, key: 0, session: null, lose: null };
        if (lock.session !== null && lock.session === (await currentSession())) return true;
        held.delete(nameOf(lockClass, 0));
        if (!(await take(lock))) return false;
        held.set(nameOf(lockClass, 0), lock);
        return true;
      }),
    async close() {
      clearInterval(timer);
      await client.end({ timeout: 1 });
    },
  };
}

function keyOf(client: postgres.Sql, key: LockKey) {
  return typeof key === 'number' ? client`${key}::int` : client`hashtext(${key})`;
}

/** One piece of work after the other: two that look for a free lock in one session would both be given it. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
