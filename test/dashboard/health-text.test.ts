import { expect, test } from 'vitest';
import { healthMark, healthText } from '../../dashboard/console/hosts/health-text.ts';
import type { HostHealth } from '../../server/domain/views.ts';

test.each<[Pick<HostHealth, 'live' | 'state' | 'stale'>, string, string]>([
  [{ live: true, state: 'HEALTHY', stale: false }, 'ok', 'HEALTHY'],
  [{ live: true, state: 'DEFERRING', stale: false }, 'ok', 'DEFERRING'],
  [{ live: true, state: 'WARNING', stale: false }, 'degraded', 'WARNING'],
  [{ live: true, state: 'ERROR', stale: false }, 'failed', 'ERROR'],
  [{ live: true, state: null, stale: false }, 'ok', 'live'],
  [{ live: false, state: null, stale: false }, 'failed', 'not live'],
  [{ live: false, state: 'HEALTHY', stale: false }, 'failed', 'not live, HEALTHY'],
  [{ live: true, state: 'HEALTHY', stale: true }, 'unknown', 'silent, last HEALTHY'],
  [{ live: true, state: null, stale: true }, 'unknown', 'silent, last live'],
])('%o is %s: %s', (health, mark, text) => {
  expect(healthMark(health)).toBe(mark);
  expect(healthText(health)).toBe(text);
});
