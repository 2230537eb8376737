import type { Context as HttpContext, Next } from 'hono';
import type { Context } from '../services/context.ts';
import { arrivalAt } from './caller.ts';

/** Our pages load nothing from elsewhere and run nothing inline; nobody may frame them. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
} as const;

/** Sets them on every answer, problems included. Over https browsers also remember to come by https only. */
export function securityHeaders(ctx: Pick<Context, 'config'>) {
  return async (c: HttpContext, next: Next): Promise<void> => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
    if (arrivalAt(ctx, c).secure) c.res.headers.set('strict-transport-security', 'max-age=31536000');
  };
}
