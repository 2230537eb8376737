import type postgres from 'postgres';

/** Texts that are remembered; some hold a list of their own length each time, and are never seen again. */
const textsSeen = 2_000;
/** Statements that a connection keeps prepared. */
const textsPrepared = 400;

/**
 * drizzle sends each statement as if it were the only time: PostgreSQL parses and plans it anew, and postgres.js first
 * asks for its parameters, which is a round trip more. Here a text that comes again is prepared, in transactions too.
 */
export function prepareWhatRepeats(client: postgres.Sql): postgres.Sql {
  const seen = new Set<string>();
  const prepared = new Set<string>();
  const repeats = (text: string): boolean => {
    if (prepared.has(text)) return true;
    if (seen.has(text) && prepared.size < textsPrepared) prepared.add(text);
    if (seen.size >= textsSeen) seen.clear();
    seen.add(text);
    return prepared.has(text);
  };
  watch(client, repeats);
  return client;
}

type Begin = (...args: unknown[]) => Promise<unknown>;
type Unsafe = (text: string, args?: unknown[], options?: object) => unknown;

function watch(sql: postgres.Sql | postgres.TransactionSql, repeats: (text: string) => boolean): void {
  const open = sql as unknown as { unsafe: Unsafe; begin?: Begin; savepoint?: Begin };
  const { unsafe, begin, savepoint } = open;
  open.unsafe = (text, args = [], options = {}) => unsafe(text, args, { ...options, prepare: repeats(text) });
  if (begin) open.begin = (...args) => begin(...withWatch(args, repeats));
  if (savepoint) open.savepoint = (...args) => savepoint(...withWatch(args, repeats));
}

/** Each transaction has an object of its own, which goes to the last argument. */
function withWatch(args: unknown[], repeats: (text: string) => boolean): unknown[] {
  const work = args.at(-1) as (tx: postgres.TransactionSql) => unknown;
  const watched = (tx: postgres.TransactionSql) => {
    watch(tx, repeats);
    return work(tx);
  };
  return [...args.slice(0, -1), watched];
}
