import { setCookie } from 'hono/cookie';
import type { Context as HttpContext } from 'hono';
import { displayCookieName, sessionCookieName } from '../contracts/access.ts';
import { SESSION_MS } from '../services/people/session.ts';

/**
 * Gives the browser the secret of a session; null takes it away. HttpOnly: no script gets at it. Lax: a link in a chat
 * still finds one signed in; mutations are judged by origin.
 */
export function putSession(c: HttpContext, secure: boolean, secret: string | null): void {
  const maxAge = secret === null ? 0 : SESSION_MS / 1000;
  setCookie(c, sessionCookieName(secure), secret ?? '', { httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge });
}

/** A year, which each claim begins anew: browsers keep no cookie for longer than 400 days. */
const DISPLAY_SECONDS = 365 * 86_400;

/** Gives a paired screen its token. HttpOnly, so that nobody reads it off the machine's developer tools by script. */
export function putDisplay(c: HttpContext, secure: boolean, secret: string): void {
  const cookie = { httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge: DISPLAY_SECONDS } as const;
  setCookie(c, displayCookieName(secure), secret, cookie);
}
