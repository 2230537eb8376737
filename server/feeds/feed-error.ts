/** Why a feed could not be read at all; a single bad package in a folder is a FeedProblem instead. */
export type FeedErrorCode =
  'unreachable' | 'timeout' | 'bad_status' | 'malformed' | 'too_large' | 'wrong_product' | 'cancelled';

export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: FeedErrorCode;
  constructor(code: FeedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
