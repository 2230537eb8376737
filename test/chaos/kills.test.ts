import { afterAll, expect, test } from 'vitest';
import { killMany, missedPlaces, openRange, seeded, VICTIMS, type Range } from '../support/kills.ts';

const seed = Number(process.env['KILL_SEED'] ?? 20_261_121);
const KILLS = 25;
let range: Range | undefined;
afterAll(() => range?.close());

test(`${KILLS} kills (seed ${seed}) at every step and on both sides of the switch: nothing is lost, nothing runs twice, no host stays locked`, async () => {
  const random = seeded(seed);
  range = await openRange(random);
  const kills = await killMany(range, KILLS, random);
  expect(kills).toHaveLength(KILLS);
  await range.proveFree();
  for (const { victim, exit } of kills) {
    if (victim === 'worker' || victim === 'server') expect(exit).toBe('SIGKILL');
  }
  expect(missedPlaces(kills)).toEqual([]);
  expect(new Set(kills.map(({ victim }) => victim))).toEqual(new Set(VICTIMS));
}, 300_000);
