import { createGzip } from 'node:zlib';

const HEADER_BYTES = 512;
const AT_ONCE = 10_000;

/** The header of an empty file without its name, its checksum all blanks. */
const EMPTY_FILE = Buffer.alloc(HEADER_BYTES);
EMPTY_FILE.write(`0000644\0${'0000000\0'.repeat(2)}${'00000000000\0'.repeat(2)}        0`, 100, 'latin1');
EMPTY_FILE.write('ustar\x0000', 257, 'latin1');
const EMPTY_FILE_SUM = EMPTY_FILE.reduce((total, byte) => total + byte, 0);

let made: { count: number; bytes: Promise<Buffer> } | undefined;

/** A package of so many empty files, made once per process: a small archive that takes a whole disk's inodes. */
export function tinyFiles(count: number): Promise<Buffer> {
  if (made?.count !== count) made = { count, bytes: pack(count) };
  return made.bytes;
}

async function pack(count: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => gzip.once('end', resolve).once('error', reject));
  for (let at = 0; at < count; at += AT_ONCE) {
    const taken = gzip.write(headers(at, Math.min(AT_ONCE, count - at)));
    if (!taken) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end(Buffer.alloc(2 * HEADER_BYTES));
  await done;
  return Buffer.concat(chunks);
}

function headers(first: number, count: number): Buffer {
  const block = Buffer.alloc(count * HEADER_BYTES);
  for (let index = 0; index < count; index += 1) {
    const name = Buffer.from(`tiny/${first + index}`);
    const at = index * HEADER_BYTES;
    EMPTY_FILE.copy(block, at);
    name.copy(block, at);
    const sum = name.reduce((total, byte) => total + byte, EMPTY_FILE_SUM);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return block;
}
