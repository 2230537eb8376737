import { expect, test } from 'vitest';
import { healthMark, healthText } from '../../dashboard/console/hosts/health-text.ts';
import { sentence } from '../../dashboard/live/sentence.ts';
import { emptyBoard } from '../../server/domain/board.ts';
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

test.each([
  [{ productId: 1, live: true, state: 'ERROR', stale: false }, 'host 5 reports ERROR for a product.'],
  [{ productId: 1, live: true, state: null, stale: false }, 'host 5: a product is live.'],
  [{ productId: 1, live: false, state: null, stale: false }, 'host 5: a product is not live.'],
  [{ productId: 1, live: false, state: null, stale: true }, 'host 5 says nothing of the health of a product any more.'],
])('%o is told as: %s', (detail, told) => {
  const entity = { kind: 'host', id: 5, revision: 1 } as const;
  const line = { cursor: '1.1', at: 0, kind: 'host.health_changed', entity, actor: 'signalbox' } as const;
  expect(sentence({ ...line, jobId: null, hostId: 5, detail }, emptyBoard())).toBe(told);
});
