import type { Reader } from '../../../db/connect.ts';
import { evidenceLines } from '../../../db/queries/evidence.ts';
import { cursorOf, logStart, type Cursor } from '../../../db/cursor.ts';
import type { ArchiveFile } from './archive.ts';

const LINES_AT_ONCE = 1_000;

/**
 * What the log says of these jobs up to a settled place in it, one JSON object a line. Read twice: tar states a size first,
 * and what is settled never changes.
 */
export async function timelineFile(reader: Reader, jobIds: readonly number[], upTo: Cursor): Promise<ArchiveFile> {
  let size = 0;
  for await (const bytes of timeline(reader, jobIds, upTo)) size += bytes.length;
  return { name: 'timeline.jsonl', size, content: () => timeline(reader, jobIds, upTo) };
}

async function* timeline(reader: Reader, jobIds: readonly number[], upTo: Cursor): AsyncGenerator<Uint8Array> {
  for (let after = cursorOf(logStart); ;) {
    const lines = await evidenceLines(reader, jobIds, { after, upTo }, LINES_AT_ONCE);
    const last = lines.at(-1);
    if (!last) return;
    yield Buffer.from(lines.map(({ place: _, ...line }) => `${JSON.stringify(line)}\n`).join(''));
    after = last.place;
  }
}
