import { writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { killsReport } from '../support/kills-report.ts';
import { killMany, missedPlaces, openRange, VICTIMS, type Range } from '../support/kills.ts';
import { seeded } from '../support/seeded.ts';

/** `KILLS=200 KILLS_REPORT=docs/reliability.md npx vitest run --project chaos test/chaos/kills.test.ts` is the long run. */
const seed = Number(process.env['KILL_SEED'] ?? 20_261_121);
const KILLS = Number(process.env['KILLS'] ?? 25);
let range: Range | undefined;
afterAll(() => range?.close());

test(
  `${KILLS} kills (seed ${seed}) at every step and on both sides of the switch: nothing is lost, nothing runs twice, no host stays locked`,
  { timeout: KILLS * 40_000 },
  async () => {
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
    const report = process.env['KILLS_REPORT'];
    if (report) await writeFile(report, killsReport(kills, seed, 'npm run kills'));
  },
);
