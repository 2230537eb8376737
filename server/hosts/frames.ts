/**
 * Reads what the runner says: lines, and byte counts after `log` and `report` lines.
 *
 *   hello {…} · need <bytes> · report <offset> <length>\n<bytes> · log <offset> <length>\n<bytes> · cut <at> <total>
 *   beat · gone {…} · refused {…} · end {…} · inspect {…} · done {}
 */
import { HostUnreachable } from './contract.ts';

/** The runner sends at most 256 KiB in a frame; JSON lines are far below. */
const LONGEST = 1024 * 1024;

export interface ByteReader {
  /** The next line without its end, or null at the end of the stream. Throws HostUnreachable when nothing comes for `silenceMs`. */
  line(silenceMs: number): Promise<string | null>;
  /** Exactly so many bytes. */
  bytes(length: number, silenceMs: number): Promise<Buffer>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);

  const more = async (silenceMs: number): Promise<boolean> => {
    const next = await within(iterator.next(), silenceMs);
    if (next.done) return false;
    buffer = buffer.length === 0 ? Buffer.from(next.value) : Buffer.concat([buffer, next.value]);
    return true;
  };

  return {
    async line(silenceMs) {
      let scanned = 0;
      for (;;) {
        const end = buffer.indexOf(10, scanned);
        if (end >= 0) {
          const line = buffer.toString('utf8', 0, end);
          buffer = buffer.subarray(end + 1);
          return line;
        }
        scanned = buffer.length;
        if (scanned > LONGEST)
          throw new HostUnreachable('connection_lost', 'the host sent a line of over 1 MiB. Attach again.');
        if (!(await more(silenceMs))) return null;
      }
    },
    async bytes(length, silenceMs) {
      if (length > LONGEST)
        throw new HostUnreachable('connection_lost', `the host announced ${length} bytes. Attach again.`);
      while (buffer.length < length) {
        if (!(await more(silenceMs)))
          throw new HostUnreachable('connection_lost', 'the output ended inside a frame. Attach again.');
      }
      const bytes = buffer.subarray(0, length);
      buffer = buffer.subarray(length);
      return bytes;
    },
  };
}

async function within<T>(promise: Promise<T>, silenceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new HostUnreachable(
          'timeout',
          `the host has said nothing for ${silenceMs} ms. What runs there goes on; attach again.`,
        ),
      );
    }, silenceMs);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
