import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { Refusal } from '../../contracts/errors.ts';
import { fleetFile, type FleetFile } from '../../contracts/fleet.ts';

export type Path = readonly (string | number)[];
export interface FleetProblem {
  path: Path;
  message: string;
}

export interface ReadFleet {
  declared: FleetFile;
  /** Line of a node, from 1; null when it is not in the file. */
  lineOf(path: Path): number | null;
  /** Throws one refusal that lists every problem with its line, if there is any. */
  refuse(problems: readonly FleetProblem[]): void;
}

/** Parses a fleet file. Throws `invalid_fleet` that lists everything that is wrong, each with its line. */
export function readFleetFile(file: string, text: string): ReadFleet {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => ({
        line: error.linePos?.[0].line ?? null,
        path: '',
        message: (error.message.split('\n')[0] ?? error.message).replace(/ at line.*$/, ''),
      })),
    );
  }
  const lineOf = (path: Path) => lineAt(document, lines, path);
  const refuse = (problems: readonly FleetProblem[]) => {
    if (problems.length === 0) return;
    throw invalid(
      file,
      problems.map(({ path, message }) => ({ line: lineOf(path), path: path.join('.'), message })),
    );
  };
  const parsed = fleetFile.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    refuse(parsed.error.issues.map((issue) => ({ path: issue.path as Path, message: issue.message })));
  }
  return { declared: parsed.data as FleetFile, lineOf, refuse };
}

interface PlacedProblem {
  line: number | null;
  path: string;
  message: string;
}

function invalid(file: string, problems: readonly PlacedProblem[]): Refusal {
  const placed = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const errors = placed.map(({ line, path, message }) => ({
    path: line === null ? file : `${file}:${line}`,
    message: path === '' ? message : `${path}: ${message}`,
  }));
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return new Refusal(
    'invalid_fleet',
    `${file} refused, nothing was changed: ${first?.path}: ${first?.message}${more}. Mend the file and apply it again.`,
    { errors },
  );
}

/** The line of the deepest node on the path that is in the file. */
function lineAt(document: Document, lines: LineCounter, path: Path): number | null {
  let node: unknown = document.contents;
  let offset = rangeOf(node);
  for (const key of path) {
    if (!isMap(node) && !isSeq(node)) break;
    const next: unknown = node.get(key, true);
    if (next === undefined) break;
    node = next;
    offset = rangeOf(node) ?? offset;
  }
  return offset === null ? null : lines.linePos(offset).line;
}

function rangeOf(node: unknown): number | null {
  const range = (node as { range?: [number, number, number] } | null)?.range;
  return range ? range[0] : null;
}
