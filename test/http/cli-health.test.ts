import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, start } from '../support/world.ts';
import { timelineOf } from '../services/health/timeline.ts';

let site: Site;
let out: string;
let notes: string;
beforeAll(async () => {
  site = await openSite();
  await declareFleet(site.world, { targets: 1 });
});
afterAll(() => site.close());

async function signalbox(line: string, token: string): Promise<number> {
  out = notes = '';
  return run(line.split(' '), (json) => ({
    ...openTerminal({ SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: token }, json),
    note: (text) => void (notes += `${text}\n`),
    show: (value, lines) => void (out += json ? JSON.stringify(value) : `${lines().join('\n')}\n`),
  }));
}

test('a machine reports how a product does on its host, and may do nothing else', async () => {
  const token = await site.tokenOf([{ role: 'reporter', environment: 'plant', product: 'orders' }]);
  const at = (seconds: number) => new Date(start - seconds * 1_000).toISOString();
  expect(await signalbox(`health report line-1 orders --state warning --at ${at(20)}`, token)).toBe(0);
  expect(out).toBe('line-1 is heard\n');
  expect(await signalbox(`health report line-1 orders --state WARNING --at ${at(20)} --json`, token)).toBe(0);
  expect(JSON.parse(out)).toEqual({ accepted: 0, repeated: 1, refused: [] });
  expect(await signalbox(`health report line-1 orders --not-live`, token)).toBe(0);
  expect(await timelineOf(site.world)).toMatchObject([
    { from: start - 20_000, to: start, live: true, state: 'WARNING' },
    { from: start, live: false, state: null },
  ]);
  expect(await signalbox('hosts', token)).toBe(4);
});

test('what cannot be taken is said, and ends as refused', async () => {
  const token = await site.tokenOf(['operator']);
  expect(await signalbox('health report line-9 orders', token)).toBe(1);
  expect(out).toBe('There is no host line-9. Name it as the fleet does: signalbox hosts lists them.\n');
  expect(await signalbox('health report line-1 orders --state fine', token)).toBe(2);
  expect(notes).toContain('HEALTHY, DEFERRING');
  expect(await signalbox('health report line-1 orders --at yesterday', token)).toBe(2);
  expect(await signalbox('health report line-1 orders', await site.tokenOf(['viewer']))).toBe(4);
});
