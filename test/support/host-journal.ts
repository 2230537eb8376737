/** What an attempt's journal on a host says, read from beside it: which step is at work at this very moment. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface JournalState {
  readonly attempt: string;
  /** The step that was begun and has not ended; null: between two steps. */
  readonly open: string | null;
  /** The last step that has ended; null: none. */
  readonly ended: string | null;
  readonly final: boolean;
  /** Target of `current`; null: there is none. */
  readonly current: string | null;
}

/** The newest attempt of a product below a host's root; null: none yet. Synchronous, so that what follows is about this moment. */
export function journalState(root: string, product: string, unlike?: string): JournalState | null {
  const folder = join(root, product, 'journal');
  const attempt = newest(folder);
  if (attempt === null || attempt === unlike) return null;
  const lines = text(join(folder, attempt, 'report'))
    .split('\n')
    .filter((line) => line.endsWith('}'));
  const steps = lines
    .map((line) => /"event":"(started|ended)","step":"([^"]+)"/.exec(line))
    .filter((found) => found !== null);
  const last = steps.at(-1);
  return {
    attempt,
    open: last?.[1] === 'started' ? (last[2] ?? null) : null,
    ended: steps.findLast((found) => found[1] === 'ended')?.[2] ?? null,
    final: lines.some((line) => line.startsWith('{"event":"final"')),
    current: currentLink(root, product),
  };
}

export function journalFile(root: string, product: string, attempt: string, name: string): string {
  return text(join(root, product, 'journal', attempt, name));
}

function newest(folder: string): string | null {
  try {
    const names = readdirSync(folder);
    const byAge = names.map((name) => [name, statSync(join(folder, name)).birthtimeMs] as const);
    return byAge.sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  } catch {
    return null;
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function currentLink(root: string, product: string): string | null {
  try {
    return readlinkSync(join(root, product, 'current'));
  } catch {
    return null;
  }
}
