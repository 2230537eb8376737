import type { Transaction } from '../../db/connect.ts';
import type { QueueMessages, QueueName } from './queues.ts';

/** Puts one message into a queue; it exists exactly when the transaction commits. */
export type Enqueue = <Q extends QueueName>(
  tx: Transaction,
  queue: Q,
  message: QueueMessages[Q],
  /** Seconds from now before it is delivered. */
  options?: { delaySeconds?: number },
) => Promise<void>;
