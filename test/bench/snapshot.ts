/**
 * What a screen's snapshot of a large fleet weighs and costs: the board as plain JSON, as columns, and what a wall takes of
 * it, at rest and while a job rolls over all hosts. `node test/bench/snapshot.ts [hosts]`, default 10000.
 */
import { gzipSync } from 'node:zlib';
import type { BoardPart } from '../../server/contracts/live.ts';
import type { Board } from '../../server/domain/board.ts';
import { createSnapshots } from '../../server/live/snapshot.ts';
import { plants, rollOutEverywhere } from '../support/plants.ts';
import { machineState } from './stage.ts';

const hosts = Number(process.argv[2] ?? 10_000);
const ROUNDS = 8;
const now = Date.UTC(2026, 10, 22, 9, 30, 12, 345);

console.log(`snapshot: ${hosts} hosts in some 130 plants`);
for (const part of [0, 0.5, 0.99, 1]) {
  const board = plants(hosts, now);
  if (part > 0) rollOutEverywhere(board, Math.floor(hosts * part), now);
  const what =
    part === 0 ? 'at rest' : part === 1 ? 'job on all hosts, over' : `job on all hosts, ${100 * part} % there`;
  const plain = gzipSync(JSON.stringify({ board, serverTime: now, build: '0123456789ab' }));
  const [whole, wall] = [await measured(board, 'whole'), await measured(board, 'wall')];
  console.log(
    `  ${what.padEnd(28)} plain ${kb(plain.length)}; columns ${kb(whole.bytes)}; for a wall ${kb(wall.bytes)}`,
  );
  console.log(`    longest turn for a wall's ${ms(wall.turnsMs)}; for the console's ${ms(whole.turnsMs)}`);
}
console.log(`  machine: ${await machineState()}`);

/** Processor time of the longest turn of the loop while it is made: the first time, and the median of those after it. */
async function measured(board: Board, part: BoardPart): Promise<{ bytes: number; turnsMs: number[] }> {
  const turnsMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const feed = { board, after: () => [], age: () => 0, listen: () => undefined, stop: async () => undefined };
    const snapshot = createSnapshots(feed, '0123456789ab', () => now);
    const turns = watchTurns();
    bytes = (await snapshot(part)).gzip.length;
    turnsMs.push(turns.end());
  }
  return { bytes, turnsMs };
}

function watchTurns(): { end(): number } {
  let longest = 0;
  let last = process.threadCpuUsage();
  let ended = false;
  const look = () => {
    const cpu = process.threadCpuUsage();
    longest = Math.max(longest, (cpu.user + cpu.system - last.user - last.system) / 1_000);
    last = cpu;
    if (!ended) setImmediate(look);
  };
  setImmediate(look);
  return {
    end() {
      ended = true;
      look();
      return longest;
    },
  };
}

function ms([first, ...others]: number[]): string {
  const median = others.toSorted((a, b) => a - b)[Math.floor(others.length / 2)];
  return `${first?.toFixed(0)} ms the first time, ${median?.toFixed(0)} ms then`;
}

function kb(bytes: number): string {
  return `${(bytes / 1_024).toFixed(1)} KB`;
}
