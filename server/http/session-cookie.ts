import { setCookie } from 'hono/cookie';
import type { Context as HttpContext } from 'hono';
import { sessionCookieName } from '../contracts/access.ts';
import { SESSION_MS } from '../services/people/session.ts';

/**
 * Gives the browser the secret of a session; null takes it away. HttpOnly: no script gets at it. Lax: a link in a chat
 * still finds one signed in; mutations are judged by origin.
 */
export function putSession(c: HttpContext, secure: boolean, secret: string | null): void {
  const maxAge = secret === null ? 0 : SESSION_MS / 1000;
  setCookie(c, sessionCookieName(secure), secret ?? '', { httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge });
}
