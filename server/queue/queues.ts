/**
 * Every queue on one page. A message is a nudge: the rows it names are the truth, so a handler that runs twice, late
 * or not at all costs time, never correctness (a sweep finds what no message speaks of).
 */
export interface QueueMessages {
  /** Judge a job and let the next tasks start. */
  'job.advance': { jobId: number };
  /** Take one task to its host. */
  'task.run': { taskId: number };
  'release.download': { jobId: number };
  'feed.check': { productId: number };
  /** A client looks for releases, by its schedule. */
  'client.check': { clientId: number };
  /** Look at the pipeline of one product. */
  'pipeline.tick': { productId: number };
  /** Roll off what a product's recalls say, as far as it can go now. */
  'recall.advance': { productId: number };
  /** Proof that messages travel: its handler writes the queue's heartbeat. */
  'engine.beat': Record<string, never>;
}

export type QueueName = keyof QueueMessages;

export const queues = {
  'job.advance': { retryLimit: 20, retryDelay: 1, expireInSeconds: 60 },
  'task.run': { retryLimit: 20, retryDelay: 1, expireInSeconds: 60 },
  'release.download': { retryLimit: 5, retryDelay: 2, expireInSeconds: 3600 },
  'feed.check': { retryLimit: 0, retryDelay: 1, expireInSeconds: 300 },
  'client.check': { retryLimit: 0, retryDelay: 1, expireInSeconds: 60 },
  'pipeline.tick': { retryLimit: 0, retryDelay: 1, expireInSeconds: 120 },
  'recall.advance': { retryLimit: 5, retryDelay: 1, expireInSeconds: 120 },
  'engine.beat': { retryLimit: 0, retryDelay: 1, expireInSeconds: 10 },
} as const satisfies Record<QueueName, { retryLimit: number; retryDelay: number; expireInSeconds: number }>;
