import { randomUUID } from 'node:crypto';
import type { Context as HttpContext } from 'hono';
import { errorStatus, Refusal, type ErrorCode, type ProblemDocument } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';

const titles = {
  malformed: 'The request is not valid',
  not_signed_in: 'Sign in first',
  link_used: 'This link has been used',
  wrong_credentials: 'These credentials are not valid',
  code_needed: 'A code is needed too',
  not_permitted: 'Your role does not allow this',
  foreign_origin: 'The request came from another site',
  not_found: 'There is no such thing',
  refused: 'A rule refused this',
  conflict: 'Something else was faster',
  already_exists: 'It exists already',
  stale: 'What you saw has changed',
  idempotency_mismatch: 'This Idempotency-Key belongs to another request',
  in_progress: 'The same request is still being worked on',
  gone: 'It is gone',
  too_large: 'The request is too large',
  invalid_fleet: 'The fleet file is not valid',
  invalid_package: 'The package is not valid',
  too_many_attempts: 'Too many attempts',
  broken: 'Something broke in Signalbox',
  unavailable: 'Signalbox cannot work right now',
} as const satisfies Record<ErrorCode, string>;

/** Seconds after which trying again makes sense. */
const retryAfter: Partial<Record<ErrorCode, number>> = { in_progress: 1, unavailable: 5 };

/** Whatever was thrown, as a problem document. What nobody foresaw goes to the log under an id; the caller gets the id alone. */
export function problemResponse(ctx: Context, c: HttpContext, error: unknown): Response {
  if (error instanceof Refusal) return answer(c, documentOf(error));
  const instance = `urn:uuid:${randomUUID()}`;
  ctx.log.error({ err: error, instance, method: c.req.method, path: c.req.path }, 'request broke');
  if (databaseIsAway(error)) {
    const detail = 'The database does not answer. Try again in a few seconds; an admin sees the reason in the log.';
    return answer(c, { ...problem('unavailable', detail), instance });
  }
  const detail = `Something broke that nobody foresaw. Give an admin this id, the log has the reason: ${instance}.`;
  return answer(c, { ...problem('broken', detail), instance });
}

function documentOf({ code, message, reason, errors }: Refusal): ProblemDocument {
  return {
    ...problem(code, message),
    ...(reason === undefined ? {} : { reason }),
    ...(errors === undefined ? {} : { errors }),
  };
}

function problem(code: ErrorCode, detail: string): ProblemDocument {
  return { type: `urn:signalbox:problem:${code}`, title: titles[code], status: errorStatus[code], code, detail };
}

function answer(c: HttpContext, document: ProblemDocument): Response {
  const code = document.code as ErrorCode;
  const wait = retryAfter[code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  if (wait !== undefined) headers['retry-after'] = String(wait);
  if (code === 'not_signed_in') headers['www-authenticate'] = 'Bearer realm="signalbox"';
  return c.body(JSON.stringify(document), errorStatus[code], headers);
}

/** The line to PostgreSQL is cut, or PostgreSQL is starting, stopping or full: class 08, 53 and 57P of its codes. */
function databaseIsAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (/^(08|53|57P)|^CONNECT|^CONNECTION_|^ECONN|^EPIPE$|^ENOENT$/.test(code)) return true;
  }
  return false;
}
