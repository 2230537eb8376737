import type { HealthState } from '../../../server/domain/observation.ts';
import type { HostHealth } from '../../../server/domain/views.ts';
import type { Mark } from '../../theme/states.ts';

const marks = {
  HEALTHY: 'ok',
  DEFERRING: 'ok',
  WARNING: 'degraded',
  REPAIRING: 'degraded',
  SUSPENDED: 'held',
  TERMINAL: 'degraded',
  ERROR: 'failed',
} as const satisfies Record<HealthState, Mark>;

/** A host that has fallen silent is unknown, whatever it said last. */
export function healthMark({ live, state, stale }: Pick<HostHealth, 'live' | 'state' | 'stale'>): Mark {
  if (stale) return 'unknown';
  if (!live) return 'failed';
  return state === null ? 'ok' : marks[state];
}

/** `HEALTHY`, `live` where no state is reported, `silent, last ERROR`. */
export function healthText({ live, state, stale }: Pick<HostHealth, 'live' | 'state' | 'stale'>): string {
  const said = live ? (state ?? 'live') : `not live${state === null ? '' : `, ${state}`}`;
  return stale ? `silent, last ${said}` : said;
}
