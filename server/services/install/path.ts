import { keepHosts } from '../../../db/queries/hosts.ts';
import { releaseByVersion } from '../../../db/queries/clients.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeInstall, type InstallRequest } from '../../domain/install-request.ts';
import { afterLegs, requiredPath, type PathLeg } from '../../domain/required-path.ts';
import type { Reader } from '../../../db/connect.ts';
import type { Context, Transaction } from '../context.ts';
import type { Requester } from '../approval/request.ts';
import { createJob } from '../job/create.ts';
import type { Occasion } from '../log/record.ts';
import { installTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { installFacts, type InstallFacts, type InstallInput } from './facts.ts';
import { demandInstall, hostsOf, newInstall } from './start.ts';

type PathInput = Omit<InstallInput, 'breakGlass'>;

/**
 * Installs a release by way of every required one between, as one plan: a job for each, all made in one transaction, each
 * of which goes once the one before it has succeeded. Rules: sections 4 (Deploying, 8) and 10.
 */
export const startPath = verb(
  'job.install',
  async (ctx, actor, input: PathInput) => {
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    return transact(ctx, async (tx) => {
      await keepHosts(tx, input.hostIds);
      const facts = await installFacts(tx, input);
      const legs = demandPath(facts.request);
      const jobIds: number[] = [];
      for (const [at, leg] of legs.entries()) {
        const legFacts = await factsOfLeg(tx, facts, leg, legs.slice(0, at));
        const afterJobId = jobIds.at(-1) ?? null;
        jobIds.push(await createLeg(ctx, tx, { occasion, requester: actor, input, facts: legFacts, afterJobId }));
      }
      return { jobs: await jobViews(tx, jobIds) };
    });
  },
  installTargets,
);

interface NewLeg {
  occasion: Occasion;
  requester: Requester;
  input: PathInput;
  facts: InstallFacts;
  afterJobId: number | null;
}

async function createLeg(
  ctx: Context,
  tx: Transaction,
  { occasion, requester, input, facts, afterJobId }: NewLeg,
): Promise<number> {
  const values = { ...newInstall(ctx, occasion, facts, input), afterJobId };
  const hosts = hostsOf(facts, demandInstall(facts.request, false));
  return createJob(ctx, tx, occasion, requester, hosts, values);
}

function demandPath(request: InstallRequest): readonly PathLeg[] {
  const path = requiredPath(request);
  if (!path) {
    const sentence = `Path to ${request.version} refused: nothing required lies between. Install it at once.`;
    throw new Refusal('refused', sentence, { reason: 'no_path' });
  }
  if (path.refusal) {
    throw new Refusal('refused', `Path to ${request.version} refused: ${path.refusal.sentence}`, {
      reason: path.refusal.code,
    });
  }
  return path.legs;
}

/** A leg as it is judged: by what its hosts will run when it is its turn. */
async function factsOfLeg(
  reader: Reader,
  facts: InstallFacts,
  { version, hostIds }: PathLeg,
  before: readonly PathLeg[],
): Promise<InstallFacts> {
  const release =
    version === facts.release.version ? facts.release : await releaseByVersion(reader, facts.product.id, version);
  if (!release) throw new Error(`the path leads over ${version}, which the catalog does not have`);
  const hosts = afterLegs(facts.request.hosts, before).filter(({ id }) => hostIds.includes(id));
  return { ...facts, release, request: { version, downloaded: facts.request.downloaded, hosts } };
}

/** The path as a preview shows it: its legs, or why there is none; null: none is needed. */
export function pathShown(request: InstallRequest) {
  // What stops a host whatever the release, stops the path too: it is said beside it.
  if (judgeInstall(request).refusal?.code !== 'required_first') return null;
  const path = requiredPath(request);
  if (!path) return null;
  const legs = (path.legs ?? []).map(({ version, hostIds }) => ({ version, hosts: hostIds.length }));
  return { legs, refusal: path.refusal };
}
