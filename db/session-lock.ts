import type postgres from 'postgres';
import { connect } from './connect.ts';

/**
 * A connection of its own that holds advisory locks for as long as the process lives: PostgreSQL frees them within
 * milliseconds of a SIGKILL, which no lease can. When the connection breaks, the locks are taken again; meanwhile
 * others may take over, which the fence makes harmless.
 */
export interface SessionLocks {
  /** Takes the lock and holds it until `release`; keeps it across reconnects. */
  hold(lockClass: number, key: LockKey): Promise<() => Promise<void>>;
  /** Takes the lock only if it is free. Null: somebody else holds it. */
  tryHold(lockClass: number, key: LockKey): Promise<(() => Promise<void>) | null>;
  /** True while this session holds the lock of a leader; tries to become it otherwise. */
  lead(lockClass: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A number as it is, a text by PostgreSQL's own `hashtext`. */
export type LockKey = number | string;

/** Opens the connection at the first lock. */
export function openSessionLocks(url: string, name: string): SessionLocks {
  const client = connect(url, { max: 1, applicationName: `${name}-locks`, keepOpen: true }).$client;
  const held = new Map<string, { lockClass: number; key: LockKey }>();
  let session: number | null = null;

  /** The backend's pid tells whether this is still the session that took the locks. */
  async function sameSession(): Promise<boolean> {
    const [row] = await client<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const same = session === row?.pid;
    session = row?.pid ?? null;
    return same;
  }
  /** Never blocks: a lock that the broken session still holds over there is tried again a second later. */
  async function restore(): Promise<void> {
    if (await sameSession()) return;
    for (const { lockClass, key } of held.values()) if (!(await tryLock(lockClass, key))) session = null;
  }
  async function tryLock(lockClass: number, key: LockKey): Promise<boolean> {
    const [row] = await client<
      { got: boolean }[]
    >`select pg_try_advisory_lock(${lockClass}, ${keyOf(client, key)}) as got`;
    return row?.got === true;
  }
  const nameOf = (lockClass: number, key: LockKey) => `${lockClass}/${key}`;
  const releaser = (lockClass: number, key: LockKey) => async () => {
    held.delete(nameOf(lockClass, key));
    await client`select pg_advisory_unlock(${lockClass}, ${keyOf(client, key)})`.catch(() => undefined);
  };
  const timer = setInterval(() => void restore().catch(() => undefined), 1_000);

  return {
    async hold(lockClass, key) {
      await restore();
      await client`select pg_advisory_lock(${lockClass}, ${keyOf(client, key)})`;
      held.set(nameOf(lockClass, key), { lockClass, key });
      return releaser(lockClass, key);
    },
    async tryHold(lockClass, key) {
      await restore();
      if (held.has(nameOf(lockClass, key))) return null;
      if (!(await tryLock(lockClass, key))) return null;
      held.set(nameOf(lockClass, key), { lockClass, key });
      return releaser(lockClass, key);
    },
    async lead(lockClass) {
      const leading = held.has(nameOf(lockClass, 0));
      if (leading && (await sameSession())) return true;
      held.delete(nameOf(lockClass, 0));
      return (await this.tryHold(lockClass, 0)) !== null;
    },
    async close() {
      clearInterval(timer);
      await client.end({ timeout: 1 });
    },
  };
}

function keyOf(client: postgres.Sql, key: LockKey) {
  return typeof key === 'number' ? client`${key}::int` : client`hashtext(${key})`;
}
