import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { conformanceLane } from './conformance-lane.ts';
import { mutantsOf, mutated, type Mutant } from './mutants.ts';
import { testLane } from './test-lane.ts';

/**
 * Breaks each comparison and order of the rules once and tells which break nothing notices: `npm run mutation -- [FILE
 * …]` (default: all of server/domain). The conformance cases are asked first, in one process; what they let through
 * meets the domain tests. Exits 1 while a break survives that `equivalent.json` does not explain.
 */
const ROOT = join(import.meta.dirname, '../..');
const DOMAIN = 'server/domain';
const LANES = 2;

const equivalents = z
  .array(
    z.object({
      file: z.string(),
      code: z.string(),
      change: z.string(),
      nth: z.number().default(0),
      reason: z.string(),
    }),
  )
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'equivalent.json'), 'utf8')));

const files = process.argv.slice(2).map((file) => (existsSync(join(ROOT, file)) ? file : join(DOMAIN, file)));
const sources = new Map(
  (files.length > 0 ? files : allRules()).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const mutants = [...sources].flatMap(([file, source]) => mutantsOf(file, source));
const open = mutants.filter((mutant) => !equivalents.some((known) => isSame(known, mutant)));

say(`${mutants.length} breaks in ${sources.size} files, ${mutants.length - open.length} known to be equivalent`);
const past = await pastConformance(open);
say(`${open.length - past.length} noticed by the conformance cases, ${past.length} go on to the tests`);
const survivors = await pastTests(past);
for (const { file, line, change, nth, code } of survivors)
  say(`${file}:${line}  ${change}${nth > 0 ? ` (${nth})` : ''}  ${code}`);
say(`${open.length - survivors.length} noticed, ${survivors.length} survived`);
process.exitCode = survivors.length > 0 ? 1 : 0;

function allRules(): string[] {
  return readdirSync(join(ROOT, DOMAIN))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => `${DOMAIN}/${name}`);
}

function isSame(known: (typeof equivalents)[number], { file, code, change, nth }: Mutant): boolean {
  return known.file === file && known.code === code && known.change === change && known.nth === nth;
}

/** The mutants that no conformance case notices. */
async function pastConformance(all: readonly Mutant[]): Promise<Mutant[]> {
  const lanes = Array.from({ length: LANES }, conformanceLane);
  const noticed = await inLanes(all, lanes, (lane, mutant, id) =>
    lane.ask({ id, path: join(ROOT, mutant.file), source: mutated(sources.get(mutant.file)!, mutant) }),
  );
  for (const lane of lanes) lane.stop();
  return all.filter((_, index) => noticed[index] === null);
}

/** The mutants that no test notices either. */
async function pastTests(all: readonly Mutant[]): Promise<Mutant[]> {
  const lanes = Array.from({ length: LANES }, () => testLane(ROOT));
  try {
    await refuseBrokenTests(lanes[0]!);
    const noticed = await inLanes(all, lanes, (lane, mutant) => {
      const original = sources.get(mutant.file)!;
      return lane.notices(mutant.file, mutated(original, mutant), original);
    });
    return all.filter((_, index) => !noticed[index]);
  } finally {
    for (const lane of lanes) lane.remove();
  }
}

/** Tests that fail unbroken would notice every break. */
async function refuseBrokenTests(lane: ReturnType<typeof testLane>): Promise<void> {
  if (!(await lane.passUnbroken())) throw new Error('the domain tests fail as they are: mend them first');
}

/** Each lane takes the next mutant when it is done with one; the answers are in the order of the mutants. */
async function inLanes<Lane, Result>(
  all: readonly Mutant[],
  lanes: readonly Lane[],
  ask: (lane: Lane, mutant: Mutant, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (lane: Lane): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) results[index] = await ask(lane, all[index]!, index);
  };
  await Promise.all(lanes.map(work));
  return results;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
