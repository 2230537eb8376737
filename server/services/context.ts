import type { Logger } from 'pino';
import type { Database, Transaction } from '../../db/connect.ts';
import type { Bell } from '../../db/bell.ts';
import type { Config } from '../config.ts';
import type { Enqueue } from '../queue/enqueue.ts';

/** The one place where time comes from. Services read it once per verb and hand `now` to the domain. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

/** What every service verb works with. Built once in the composition root; holds no state of its own. */
export interface Context {
  db: Database;
  config: Config;
  clock: Clock;
  log: Logger;
  /** Rings after commit: readers of the log and followers of a task's output look again. */
  bell: Bell;
  /** Puts work into a queue inside the given transaction. */
  enqueue: Enqueue;
}

export type { Transaction };
