import { expect, test } from 'vitest';
import { heldText, scopeText } from '../../server/domain/hold-words.ts';

test('a scope reads as people say it', () => {
  expect(scopeText({})).toBe('everything');
  expect(scopeText({ product: 'orders' })).toBe('orders');
  expect(scopeText({ channel: 'stable' })).toBe('channel stable');
  expect(scopeText({ environment: 'eu-prod' })).toBe('environment eu-prod');
  expect(scopeText({ host: 'web-01' })).toBe('host web-01');
  expect(scopeText({ product: 'orders', channel: 'stable', environment: 'eu-prod' })).toBe(
    'orders on stable in eu-prod',
  );
  expect(scopeText({ environment: 'eu-prod', host: 'web-01' })).toBe('everything in eu-prod on host web-01');
});

test('what a rollback bars reads as the release and where', () => {
  const bar = { version: '4.2.1', liftOnNewer: false };
  expect(heldText({ bar: null, scope: { product: 'orders' } })).toBe('orders');
  expect(heldText({ bar, scope: { product: 'orders' } })).toBe('orders 4.2.1');
  expect(heldText({ bar, scope: { product: 'orders', host: 'web-01' } })).toBe('orders 4.2.1 on host web-01');
  expect(heldText({ bar, scope: { product: 'orders', environment: 'eu-prod' } })).toBe('orders 4.2.1 in eu-prod');
  expect(heldText({ bar, scope: { environment: 'eu-prod', host: 'web-01' } })).toBe(
    'release 4.2.1 everywhere in eu-prod on host web-01',
  );
});
