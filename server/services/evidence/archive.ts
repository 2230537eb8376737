import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';

/** `content` gives exactly `size` bytes. It is read when its turn comes, never as a whole. */
export interface ArchiveFile {
  readonly name: string;
  readonly size: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/**
 * A tar.gz of these files below `folder`, and SHA256SUMS of them all as its last file, made while it is read: a reader that
 * goes away ends it. `modifiedAt`: epoch milliseconds, for every file.
 */
export function archiveStream(folder: string, files: AsyncIterable<ArchiveFile>, modifiedAt: number): Readable {
  const archive = pack();
  const gzip = createGzip();
  pipeline(archive, gzip).catch(() => undefined); // who reads `gzip` gets the error
  fill(archive, folder, files, new Date(modifiedAt)).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return gzip;
}

async function fill(archive: Pack, folder: string, files: AsyncIterable<ArchiveFile>, mtime: Date): Promise<void> {
  const sums: string[] = [];
  const add = async ({ name, size, content }: ArchiveFile) => {
    const hash = createHash('sha256');
    const entry = archive.entry({ name: `${folder}/${name}`, size, mtime, mode: 0o644, type: 'file' });
    await pipeline(Readable.from(hashed(content(), hash), { objectMode: false }), entry);
    sums.push(`${hash.digest('hex')}  ${name}\n`);
  };
  for await (const file of files) await add(file);
  await add(textFile('SHA256SUMS', sums.join('')));
  archive.finalize();
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

export function textFile(name: string, text: string): ArchiveFile {
  const bytes = Buffer.from(text);
  return {
    name,
    size: bytes.length,
    async *content() {
      yield bytes;
    },
  };
}

export function jsonFile(name: string, value: unknown): ArchiveFile {
  return textFile(name, `${JSON.stringify(value, null, 2)}\n`);
}
