import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A few lines do not become smaller. */
const leastBytes = 512;
/** Answers come in pieces of this size, each at the price of a turn. */
const answerBytes = 256 * 1024;
/** The fastest level: output of hooks repeats itself, and what is live must not wait for the last percent. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

/** A part of a log as it stands in its row. */
export interface LogContent {
  content: Uint8Array;
  /** Its length before zstd; null: it stands there as it was written. */
  plainBytes: number | null;
}

/** Smaller where that is worth it: a tenth of the bytes is what the database then has to write, twice, and to read. */
export async function packLog(plain: Uint8Array): Promise<LogContent> {
  if (plain.length < leastBytes) return { content: plain, plainBytes: null };
  const content = await compress(plain, { params, chunkSize: answerBytes });
  return content.length < plain.length ? { content, plainBytes: plain.length } : { content: plain, plainBytes: null };
}

/** The bytes as they were written. Throws when they are not what was stored. */
export async function unpackLog({ content, plainBytes }: LogContent): Promise<Uint8Array> {
  if (plainBytes === null) return content;
  const plain = await decompress(content, { maxOutputLength: plainBytes, chunkSize: answerBytes });
  if (plain.length !== plainBytes) throw new Error(`a stored log has ${plain.length} of its ${plainBytes} bytes`);
  return plain;
}
