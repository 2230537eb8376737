import type { HookSpecs, Labels } from '../domain/views.ts';
import type { PackageError, PackageErrorCode } from './package-error.ts';
import type { InspectedPackage } from './package-read.ts';

/** A release as its feed describes it. What is in the package itself is known only once it has been downloaded. */
export interface FeedRelease {
  readonly version: string;
  /** `http:` or `https:` from an index, `file:` from a folder. */
  readonly artifact: URL;
  /** In bytes. */
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly signature?: URL | undefined;
  readonly notes: string;
  readonly labels: Labels;
  readonly required: boolean;
  readonly minimumVersion?: string | undefined;
  /** Timeouts in milliseconds; absent when the index does not say, which is not the same as none. */
  readonly hooks?: HookSpecs | undefined;
  /** Epoch milliseconds. */
  readonly publishedAt?: number | undefined;
}

export type FeedReading =
  | { readonly kind: 'unchanged'; readonly etag: string }
  | {
      readonly kind: 'read';
      /** In the order of publication, oldest first: the order in which they enter channels. */
      readonly releases: readonly FeedRelease[];
      /** Packages in a folder that are no releases, and why. Always empty for an index. */
      readonly problems: readonly FeedProblem[];
      /** Give it to the next reading, so that an index that has not changed is not sent again. */
      readonly etag: string | undefined;
    };

export type FeedProblemCode = PackageErrorCode | 'wrong_product' | 'duplicate_version' | 'still_changing';

/** A package that lies in the folder and is no release of the product. The others are. */
export interface FeedProblem {
  readonly file: string;
  readonly code: FeedProblemCode;
  readonly message: string;
}

/** What was found in each file of a folder, and how the file looked then. Keep one per folder, in memory. */
export type FolderScan = Map<string, ScannedFile>;

export interface ScannedFile {
  readonly stamp: string;
  readonly modifiedAt: number;
  readonly found: InspectedPackage | PackageError;
}

export interface ReadFeedOptions {
  readonly product: string;
  readonly signal?: AbortSignal | undefined;
  /** For the whole reading of an index, in milliseconds. Default 30 000. A folder takes as long as its packages need. */
  readonly timeoutMs?: number | undefined;
  /** From the last reading of the same index for the same product. */
  readonly etag?: string | undefined;
  /** What earlier readings of the same folder found, so that a package is read again only when its file has changed. */
  readonly scan?: FolderScan | undefined;
  /** Largest index, in bytes. Default 32 MiB. */
  readonly indexLimitBytes?: number | undefined;
}
