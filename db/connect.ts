import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import * as schema from './schema/index.ts';
import { steadyClient } from './steady-client.ts';
import { SteadySocket } from './steady-socket.ts';

export type Database = PostgresJsDatabase<typeof schema> & { $client: postgres.Sql };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** Queries read through either: a transaction sees its own changes. */
export type Reader = Database | Transaction;

export interface ConnectOptions {
  max?: number;
  applicationName?: string;
  /** Never recycle a connection by age: its session holds locks. */
  keepOpen?: boolean;
}

/** Opens a pool. Nothing connects before the first query. */
export function connect(url: string, options: ConnectOptions = {}): Database {
  const client = steadyClient(url, {
    ...clientOptions(url, options.applicationName ?? 'signalbox'),
    max: options.max ?? 10,
    ...(options.keepOpen ? { max_lifetime: null } : {}),
  });
  return drizzle(client, { schema, casing: 'snake_case' });
}

/** What every connection of ours has in common. Nagle is off: with it a small COPY takes 88 ms instead of 0.3. */
export function clientOptions(url: string, applicationName: string) {
  return {
    onnotice: () => undefined,
    // It asks for array types with each new connection and lets nobody catch when that fails: a database that restarts
    // in that moment would end our process. We send and read no arrays.
    fetch_types: false,
    // Seconds before the next attempt to connect; by default up to 20, long after the database is back.
    backoff: (retries: number) => Math.min(0.5, 0.05 * retries),
    // Seconds that a new connection may take, until its first answer.
    connect_timeout: 10,
    connection: {
      application_name: applicationName,
      // A transaction that was left open would hold back every reader of the log.
      idle_in_transaction_session_timeout: 30_000,
    },
    ...(url.includes('host=/') ? {} : { socket: openSocket }),
  };
}

/**
 * Handed over while it still connects: postgres.js then sees a refused connection like any other end. A promise that
 * rejects instead costs the pool one connection each time, until every query waits forever.
 */
function openSocket(options: { host: string[]; port: number[] }): SteadySocket {
  const socket = new SteadySocket();
  return socket.connect({ host: options.host[0] ?? 'localhost', port: options.port[0] ?? 5432 });
}
