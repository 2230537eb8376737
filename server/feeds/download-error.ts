import { causeOf } from './http-get.ts';

/**
 * Why a download ended without a package. What is kept for the next try stands beside each.
 *   size_mismatch      the artifact is not as long as the feed says            nothing is kept
 *   digest_mismatch    its SHA-256 is not the one of the feed                  nothing
 *   signature_missing  the product demands a signature, the feed has none      what there was
 *   signature_invalid  it is not over this artifact, or unreadable             nothing
 *   unknown_key        none of the product's keys made it                      what there was
 *   unreachable        no connection, no such host, no such file               what there was
 *   bad_status         the server answered, but not with the artifact          what there was
 *   truncated          the line broke before the end                           what has arrived, to resume from
 *   stalled            nothing arrived for the stall timeout                   what has arrived
 *   cancelled          the caller's signal                                     what has arrived
 *   disk_full          no room on the server's disk                            nothing, to free the disk
 *   disk_failed        the file cannot be written for another reason           what there was
 */
export type DownloadErrorCode =
  | 'size_mismatch'
  | 'digest_mismatch'
  | 'signature_missing'
  | 'signature_invalid'
  | 'unknown_key'
  | 'unreachable'
  | 'bad_status'
  | 'truncated'
  | 'stalled'
  | 'cancelled'
  | 'disk_full'
  | 'disk_failed';

export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly code: DownloadErrorCode;
  constructor(code: DownloadErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Runs something that touches the server's own disk, so that its failures are told apart from those of the line. */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof DownloadError || !(error instanceof Error && 'syscall' in error && 'code' in error))
      throw error;
    if (DISK_FULL.has(error.code)) throw diskFull(path, 'it is full', error);
    throw new DownloadError(
      'disk_failed',
      `The package cannot be written to ${path}: ${causeOf(error)}. Check the folder and its rights, then download again.`,
      { cause: error },
    );
  }
}

export function diskFull(path: string, why: string, cause?: unknown): DownloadError {
  return new DownloadError('disk_full', `No room on the disk of ${path}: ${why}. Free some, then download again.`, {
    cause,
  });
}
