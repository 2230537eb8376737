import { describe, expect, test } from 'vitest';
import { isReady, isUnharmed, isWell, steadySince } from '../../server/domain/host-health.ts';
import { HEALTH_STATES, type HealthState, type InForce } from '../../server/domain/observation.ts';

const reached = { live: true, since: 100 };
const span = (from: number, to: number, state: HealthState | null, live = true): InForce => ({ from, to, live, state });

test.each([
  ...HEALTH_STATES.map((state) => [state, true, { HEALTHY: true, DEFERRING: true, ERROR: false }[state as string]]),
  [null, true, undefined],
  ['ERROR', false, undefined],
] as [HealthState | null, boolean, boolean | undefined][])('%s, live %s: well %s', (state, live, well) => {
  expect(isWell({ state, live })).toBe(well ?? null);
});

describe('since when a host is steady', () => {
  test.each<[string, InForce[], number | null]>([
    ['nothing was said: since it is reached', [], 100],
    ['liveness alone: since it is reached', [span(0, 50, null), span(200, 900, null)], 100],
    ['well since before', [span(50, 900, 'HEALTHY')], 100],
    ['states that are not ERROR go on from each other', [span(150, 300, 'WARNING'), span(300, 900, 'HEALTHY')], 150],
    ['since the end of ERROR', [span(150, 300, 'ERROR'), span(300, 900, 'HEALTHY')], 300],
    ['since the end of a silence', [span(150, 300, 'HEALTHY'), span(301, 900, 'HEALTHY')], 301],
    ['since it is live again', [span(150, 300, 'HEALTHY', false), span(300, 900, 'HEALTHY')], 300],
    ['in ERROR now', [span(150, 300, 'HEALTHY'), span(300, 900, 'ERROR')], null],
    ['silent now, exactly', [span(150, 500, 'HEALTHY')], null],
    ['not live now', [span(150, 300, 'HEALTHY'), span(300, 900, null, false)], null],
  ])('%s', (_what, said, since) => {
    expect(steadySince(reached, said, 500)).toBe(since);
  });

  test('not at all while it cannot be reached', () => {
    expect(steadySince({ live: false, since: 100 }, [span(50, 900, 'HEALTHY')], 500)).toBeNull();
  });
});

test.each<[string, InForce[], boolean, boolean]>([
  ['nothing said', [], true, true],
  ['liveness alone', [span(0, 900, null)], true, true],
  ['HEALTHY', [span(0, 900, 'HEALTHY')], true, true],
  ['WARNING', [span(0, 900, 'WARNING')], false, true],
  ['ERROR', [span(0, 900, 'ERROR')], false, false],
  ['ERROR until now', [span(0, 500, 'ERROR')], false, true],
  ['HEALTHY until now', [span(0, 500, 'HEALTHY')], false, true],
])('%s: ready %s, unharmed %s', (_what, said, ready, unharmed) => {
  expect(isReady(reached, said, 500)).toBe(ready);
  expect(isUnharmed(true, said.at(-1), 500)).toBe(unharmed);
  expect(isReady({ live: false, since: 100 }, said, 500)).toBe(false);
  expect(isUnharmed(false, said.at(-1), 500)).toBe(false);
});
