import type { FeedSource } from '../domain/views.ts';
import type { FeedReading, ReadFeedOptions } from './feed-reading.ts';
import { readFolderFeed } from './folder-feed.ts';
import { readHttpFeed } from './http-feed.ts';

export { FeedError, type FeedErrorCode } from './feed-error.ts';
export { newFolderScan } from './folder-feed.ts';
export type {
  FeedProblem,
  FeedProblemCode,
  FeedReading,
  FeedRelease,
  FolderScan,
  ReadFeedOptions,
} from './feed-reading.ts';

/** Reads all releases of a product from its feed: from the index at the URL itself, or from the packages in a folder. Throws FeedError. Rule: section 1, "Publish". */
export async function readFeed(source: FeedSource, options: ReadFeedOptions): Promise<FeedReading> {
  return source.kind === 'http' ? readHttpFeed(source.url, options) : readFolderFeed(source.path, options);
}
