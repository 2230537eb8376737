import { z } from 'zod';

/** One thing that is wrong with what somebody wrote: where, what, and what to write instead. */
export interface ParseProblem {
  /** `hooks.pre-install.timeoutSeconds`, `releases[3].sha256`, or empty for the whole document. */
  readonly path: string;
  readonly message: string;
  readonly nextStep: string;
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly ParseProblem[] };

/** Parses and, when it fails, lists every problem at once: people fix a file in one round, not in ten. */
export function parseListing<S extends z.ZodType>(schema: S, input: unknown): Parsed<z.output<S>> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const problems = placedProblems(schema, result.error).map(({ at, message, nextStep }) => ({
    path: pathText(at),
    message,
    nextStep: nextStep ?? 'Correct it and try again.',
  }));
  return { ok: false, problems };
}

/** A problem with its path in parts, for who knows where each part stands in a text. */
export interface PlacedProblem {
  readonly at: readonly PropertyKey[];
  readonly message: string;
  /** null: there is nothing more to say than what is wrong. */
  readonly nextStep: string | null;
}

/** Every problem that a failed parse has found. */
export function placedProblems(schema: z.ZodType, error: z.ZodError): PlacedProblem[] {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
  return error.issues.flatMap((issue) => problemsOf(issue, described));
}

/** The problems as lines for a terminal, a log or a message: `path: message. Next step.` */
export function problemLines(problems: readonly ParseProblem[]): string[] {
  return problems.map(({ path, message, nextStep }) => `${path === '' ? 'document' : path}: ${message}. ${nextStep}`);
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: Described | boolean;
  readonly items?: Described;
}

function problemsOf(issue: z.core.$ZodIssue, described: Described): PlacedProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schemaAt(described, issue.path)?.properties ?? {});
    return issue.keys.map((key) => ({
      at: [...issue.path, key],
      message: 'no such field',
      nextStep: `Remove it or correct its name; known here: ${known.join(', ')}.`,
    }));
  }
  const owner = issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path;
  const expected = schemaAt(described, owner)?.description;
  return [{ at: issue.path, message: causeOf(issue), nextStep: expected === undefined ? null : `Write ${expected}.` }];
}

function causeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing';
  return issue.message;
}

function schemaAt(root: Described, path: readonly PropertyKey[]): Described | undefined {
  let at: Described | undefined = root;
  for (const part of path) {
    const rest: Described | boolean | undefined = at?.additionalProperties;
    at =
      typeof part === 'number' ? at?.items : (at?.properties?.[String(part)] ?? (typeof rest === 'object' ? rest : at));
  }
  return at;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (part === '') return `${text}[""]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
