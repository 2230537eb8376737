import { describe, expect, test } from 'vitest';
import { HostUnreachable, RunnerRefused } from '../../../server/hosts/contract.ts';
import { patience } from '../../../server/worker/patience.ts';

const { signal } = new AbortController();
const broken = new HostUnreachable('connection_lost', 'the line is gone');

describe('a broken line', () => {
  test('is tried again while there is patience, and then ends the task as unreachable', async () => {
    const line = patience({ forMs: 1_000, signal });
    const start = performance.now();
    const answers = [await line.after(broken)];
    for (let end = answers[0]; !end; answers.push(end)) end = (await line.after(broken)) ?? null;
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.at(-1)).toEqual({
      status: 'unreachable',
      problem: { code: 'connection_lost', sentence: 'the line is gone' },
    });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('that was heard of again has the whole patience again', async () => {
    const line = patience({ forMs: 400, signal });
    for (let i = 0; i < 3; i += 1) {
      expect(await line.after(broken)).toBeNull();
      line.renew();
    }
  });

  test('is not waited for when this process stops', async () => {
    const stop = new AbortController();
    const waiting = patience({ forMs: 60_000, signal: stop.signal }).after(broken);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('a host that is busy with another attempt is tried again', async () => {
  expect(await patience({ forMs: 1_000, signal }).after(new RunnerRefused('busy', 'another attempt runs'))).toBeNull();
});

test.each([
  ['a changed host key', new HostUnreachable('host_key_changed', 'x'), 'unreachable'],
  ['an unknown host key', new HostUnreachable('host_key_unknown', 'x'), 'unreachable'],
  ['a refused authentication', new HostUnreachable('auth_failed', 'x'), 'unreachable'],
  ['a missing tool', new RunnerRefused('missing_tools', 'x'), 'failed'],
  ['a root that is none', new RunnerRefused('bad_root', 'x'), 'failed'],
])('%s does not get better by itself and ends the task at once', async (_what, error, status) => {
  expect(await patience({ forMs: 60_000, signal }).after(error)).toEqual({
    status,
    problem: { code: error.code, sentence: 'x' },
  });
});

test('what is neither line nor refusal is not taken for one', async () => {
  await expect(patience({ forMs: 60_000, signal }).after(new TypeError('a defect'))).rejects.toThrow('a defect');
});
