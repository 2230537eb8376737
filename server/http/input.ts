import type { Context as HttpContext } from 'hono';
import type { z } from 'zod';
import { Refusal, type ProblemDocument } from '../contracts/errors.ts';
import { parseListing } from '../contracts/parse-problem.ts';

type Problems = NonNullable<ProblemDocument['errors']>;

/**
 * Path parameters, query and body as one input. A mutation says everything in its body, a query string there is refused
 * like any other unknown field. All problems are listed together.
 */
export async function inputOf(c: HttpContext, schema: z.ZodObject): Promise<Record<string, unknown>> {
  const reads = ['GET', 'HEAD', 'DELETE'].includes(c.req.method);
  const given = { ...c.req.query(), ...(reads ? {} : await bodyOf(c)), ...c.req.param() };
  const parsed = parseListing(schema.strict(), given);
  const problems = [
    ...unstorable(given, ''),
    ...(parsed.ok
      ? []
      : parsed.problems.map(({ path, message, nextStep }) => ({ path, message: `${message}. ${nextStep}` }))),
  ];
  if (parsed.ok && problems.length === 0) return parsed.value;
  throw malformed(problems);
}

/** The body as a JSON object; nothing is an empty one. Throws `malformed`. */
export async function bodyOf(c: HttpContext): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text === '') return {};
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw malformed([{ path: '', message: 'the body has to be JSON, with Content-Type: application/json' }]);
  }
  const body = parsedJson(text);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw malformed([{ path: '', message: 'the body has to be a JSON object' }]);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed([{ path: '', message: `the body is not JSON: ${error instanceof Error ? error.message : error}` }]);
  }
}

/** What PostgreSQL cannot store fails here with its place, not as a broken request. */
function unstorable(value: unknown, path: string): Problems {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed()
      ? [{ path, message: 'contains a NUL character or half of a surrogate pair. Remove it.' }]
      : [];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([field, part]) => unstorable(part, path === '' ? field : `${path}.${field}`));
}

function malformed(problems: Problems): Refusal {
  const listed = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new Refusal('malformed', `Request refused: ${listed}`, { errors: problems });
}
