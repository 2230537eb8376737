import { expect, test } from 'vitest';
import { checkUrl, stateOfAnswer, stateOfExit } from '../../server/domain/health-check.ts';

test.each([
  ['http://{address}:8080/health', 'http://10.0.0.7:8080/health'],
  ['https://proxy/check?host={host}', 'https://proxy/check?host=line%201'],
  ['http://localhost/health', 'http://localhost/health'],
])('%s is %s', (url, expected) => {
  expect(checkUrl(url, 'line 1', '10.0.0.7')).toBe(expected);
});

test('an address of IPv6 is a host of a URL', () => {
  expect(new URL(checkUrl('http://{address}:80/', 'x', 'fe80::1')).hostname).toBe('[fe80::1]');
});

test.each([
  [0, 'HEALTHY'],
  [1, 'ERROR'],
  [10, 'DEFERRING'],
  [11, 'WARNING'],
  [12, 'REPAIRING'],
  [13, 'SUSPENDED'],
  [14, 'TERMINAL'],
  [15, 'ERROR'],
  [124, 'ERROR'],
])('exit code %i is %s', (code, state) => {
  expect(stateOfExit(code)).toBe(state);
});

test.each([
  [200, null, 'HEALTHY'],
  [299, 'fine', 'HEALTHY'],
  [199, {}, 'ERROR'],
  [300, {}, 'ERROR'],
  [503, { state: 'REPAIRING' }, 'REPAIRING'],
  [200, { state: 'ERROR' }, 'ERROR'],
  [200, { state: 'constructor' }, 'HEALTHY'],
])('status %i with %o is %s', (status, said, state) => {
  expect(stateOfAnswer(status, said)).toBe(state);
});
