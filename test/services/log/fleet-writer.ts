import { sql } from 'drizzle-orm';
import { append } from '../../../db/activities.ts';
import type { Database, Transaction } from '../../../db/connect.ts';
import { environmentViews, hostViews } from '../../../db/queries/views.ts';
import { environment, host } from '../../../db/schema/index.ts';

/** One environment and `count` hosts in it, each with its first activity. Answers the hosts' ids. */
export async function makeHosts(db: Database, count: number): Promise<number[]> {
  return db.transaction(async (tx) => {
    const [place] = await tx.insert(environment).values({ name: 'plant', installerMethod: 'managed' }).returning();
    const rows = await tx
      .insert(host)
      .values(
        Array.from({ length: count }, (_, i) => ({
          environmentId: place?.id as number,
          name: `host-${String(i).padStart(5, '0')}`,
          role: 'target' as const,
          connection: { transport: 'local' as const },
          root: '/srv',
        })),
      )
      .returning({ id: host.id });
    const ids = rows.map(({ id }) => id);
    const [view] = await environmentViews(tx, [place?.id as number]);
    await append(tx, 0, 'tester', [
      {
        kind: 'environment.declared',
        entityKind: 'environment',
        entityId: view?.id as number,
        entityRevision: 1,
        view: view as NonNullable<typeof view>,
      },
    ]);
    await tell(tx, ids, 0);
    return ids;
  });
}

/** Raises the host's revision under its row lock. */
export async function raise(tx: Transaction, id: number, at: number): Promise<void> {
  await tx.execute(sql`
    update host set revision = revision + 1, last_contact_at = ${new Date(at).toISOString()}::timestamptz
    where id = ${id}`);
}

/** Appends what the hosts are now. */
export async function tell(tx: Transaction, ids: readonly number[], at: number): Promise<void> {
  const views = await hostViews(tx, ids);
  await append(
    tx,
    at,
    'tester',
    views.map((view) => ({
      kind: 'host.reported',
      entityKind: 'host',
      entityId: view.id,
      entityRevision: view.revision,
      hostId: view.id,
      view,
    })),
  );
}

export async function touch(tx: Transaction, id: number, at: number): Promise<void> {
  await raise(tx, id, at);
  await tell(tx, [id], at);
}

/** Cursors of the whole log in its order, read after every writer is done. */
export async function wholeLog(db: Database): Promise<string[]> {
  const rows = await db.execute<{ cursor: string }>(
    sql`select xid || '.' || seq as cursor from activity order by xid, seq`,
  );
  return rows.map(({ cursor }) => cursor);
}
