import { posix } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml';
import type { z } from 'zod';
import { Refusal } from '../../contracts/errors.ts';
import { fleetFile, type FleetFile } from '../../contracts/fleet.ts';
import { placedProblems } from '../../contracts/parse-problem.ts';

export type Path = readonly (string | number)[];
export interface FleetProblem {
  /** null: about something that is not in the file. */
  path: Path | null;
  message: string;
}

export interface ReadFleet {
  /** The name under which the file owns what it declares. */
  file: string;
  declared: FleetFile;
  /** Line of what stands at the path, from 1, or of the deepest part of it that is in the file; null for neither. */
  lineOf(path: Path): number | null;
  /** Throws one refusal that lists every problem with its line, if there is any. `in_use`: the file is sound, the moment is not. */
  refuse(problems: readonly FleetProblem[], reason?: 'in_use'): void;
}

/** Parses a fleet file. Throws `invalid_fleet` that lists everything that is wrong, each with its line. */
export function readFleetFile(name: string, text: string): ReadFleet {
  const file = ownerName(name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const lineOf = (path: Path) => lineAt(document, lines, path);
  const refuse: ReadFleet['refuse'] = (problems, reason) => {
    const placed = problems.map(({ path, message }) => ({
      line: path === null ? null : lineOf(path),
      message: path === null || path.length === 0 || reason ? message : `${path.join('.')}: ${message}`,
    }));
    if (placed.length > 0) throw refusal(file, placed, reason);
  };
  if (document.errors.length > 0) {
    throw refusal(
      file,
      document.errors.map(({ pos: [at], message }) => ({ line: lines.linePos(at).line, message })),
    );
  }
  const parsed = fleetFile.safeParse(contentOf(document, refuse));
  if (!parsed.success) refuse(problemsOf(parsed.error));
  return { file, declared: parsed.data as FleetFile, lineOf, refuse };
}

/** `./fleet.yaml` and `fleet.yaml` are one file: what it owns must not depend on how it was typed. */
function ownerName(name: string): string {
  if (/^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$/.test(name))
    return posix.normalize(name);
  throw new Refusal('malformed', 'Apply refused: the file needs a name, since it owns what it declares. Send one.');
}

/** An empty file is more likely a mishap than the wish to remove everything; that has to be written. */
function contentOf(document: Document, refuse: ReadFleet['refuse']): unknown {
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // An alias without its anchor, or so many of them that they would fill the memory.
    refuse([{ path: [], message: error instanceof Error ? error.message : String(error) }]);
  }
  if (content === null) refuse([{ path: [], message: 'declares nothing. To declare that nothing is left: hosts: []' }]);
  return content;
}

function problemsOf(error: z.ZodError): FleetProblem[] {
  return placedProblems(fleetFile, error).map(({ at, message, nextStep }) => {
    const unquoted = /expected string, received (number|boolean|null)$/.test(message);
    const hint = unquoted ? 'Put it in quotes' : nextStep;
    return { path: at as Path, message: hint === null ? message : `${message}. ${hint}` };
  });
}

interface LineProblem {
  line: number | null;
  message: string;
}

function refusal(file: string, problems: readonly LineProblem[], reason?: 'in_use'): Refusal {
  const placed = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const errors = placed.map(({ line, message }) => ({ path: line === null ? file : `${file}:${line}`, message }));
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  const next = reason ? '' : ' Mend the file and apply it again.';
  return new Refusal(
    reason ? 'refused' : 'invalid_fleet',
    `${file} refused, nothing was changed: ${first?.path}: ${first?.message.replace(/\.$/, '')}${more}.${next}`,
    { errors, ...(reason ? { reason } : {}) },
  );
}

/** The line of the deepest part of the path that is in the file: of a field, where its name stands. */
function lineAt(document: Document, lines: LineCounter, path: Path): number | null {
  let node: unknown = document.contents;
  let place = node;
  for (const key of path) {
    const next: { place: unknown; node: unknown } | null = isMap(node)
      ? fieldOf(node, key)
      : isSeq(node)
        ? { place: node.items[Number(key)], node: node.items[Number(key)] }
        : null;
    if (!next?.place) break;
    ({ place, node } = next);
  }
  const range = (place as { range?: [number, number, number] } | null)?.range;
  return range ? lines.linePos(range[0]).line : null;
}

function fieldOf(map: YAMLMap, key: string | number): { place: unknown; node: unknown } | null {
  const pair = map.items.find(({ key: name }) => (isScalar(name) ? String(name.value) : name) === String(key));
  return pair ? { place: pair.key, node: pair.value } : null;
}
