import { expect, test } from 'vitest';
import {
  cardOf,
  releaseCards,
  releaseRow,
  releaseState,
  type ReleaseFacts,
} from '../../server/domain/release-state.ts';

const problem = { code: 'digest_mismatch', sentence: 'The file is not the one that was published.' };
const facts = (
  hosts: number,
  stored: ReleaseFacts['package'],
  downloadProblem: ReleaseFacts['downloadProblem'] = null,
) => ({
  hosts,
  package: stored,
  downloadProblem,
});

test.each([
  ['installed', 1, 'present'],
  ['installed', 3, 'absent'],
  ['installed', 1, 'downloading'],
  ['downloaded', 0, 'present'],
  ['downloading', 0, 'downloading'],
  ['available', 0, 'absent'],
] as const)('%s: %i hosts report it, its package is %s', (state, hosts, stored) => {
  expect(releaseState({ hosts, package: stored })).toBe(state);
});

test('a failed download goes back to available with the reason shown', () => {
  expect(releaseRow(facts(0, 'absent', problem))).toEqual({ state: 'available', problem, installable: false });
  expect(releaseRow(facts(0, 'downloading', problem)).problem).toBeNull();
  expect(releaseRow(facts(0, 'present', problem)).problem).toBeNull();
});

test('installing needs the package on the server, whatever the row says', () => {
  expect(releaseRow(facts(2, 'absent'))).toEqual({ state: 'installed', problem: null, installable: false });
  expect(releaseRow(facts(2, 'present')).installable).toBe(true);
  expect(releaseRow(facts(0, 'downloading')).installable).toBe(false);
});

test('each release counts in one card, and Total is their sum', () => {
  const cards = releaseCards(['installed', 'downloaded', 'downloaded', 'downloading', 'available', 'available']);
  expect(cards).toEqual({ total: 6, available: 3, downloaded: 2, installed: 1 });
  expect(releaseCards([])).toEqual({ total: 0, available: 0, downloaded: 0, installed: 0 });
});

test('a card filters the list by the states that it counts', () => {
  expect(cardOf('downloading')).toBe('available');
  expect(cardOf('available')).toBe('available');
  expect(cardOf('downloaded')).toBe('downloaded');
  expect(cardOf('installed')).toBe('installed');
});
