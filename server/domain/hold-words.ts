import type { HoldScope } from './holds.ts';
import type { HoldView } from './views.ts';

/** `everything`, `karios`, `karios on stable in eu-prod`, `environment eu-prod`, `host web-01`. */
export function scopeText({ product, channel, environment, host }: HoldScope): string {
  const parts = [product, channel, environment, host].filter((part) => part !== undefined);
  if (parts.length === 0) return 'everything';
  if (parts.length === 1) {
    if (channel !== undefined) return `channel ${channel}`;
    if (environment !== undefined) return `environment ${environment}`;
    return host === undefined ? (product ?? '') : `host ${host}`;
  }
  const on = channel === undefined ? '' : ` on ${channel}`;
  const within = environment === undefined ? '' : ` in ${environment}`;
  const at = host === undefined ? '' : ` on host ${host}`;
  return `${product ?? 'everything'}${on}${within}${at}`;
}

/** What it bars, where a rollback left it: `karios 4.2.1 on host web-01`; else its scope. */
export function heldText(hold: Pick<HoldView, 'bar' | 'scope'>): string {
  const { bar, scope } = hold;
  if (!bar) return scopeText(scope);
  const { product = 'release', ...rest } = scope;
  const where = Object.values(rest).some((part) => part !== undefined) ? ` on ${scopeText(rest)}` : '';
  return `${product} ${bar.version}${where.replace('on environment', 'in').replace('on everything', 'everywhere')}`;
}
