import type { Reader } from '../../../db/connect.ts';
import { channelsFollowed, downloadedVersions, environmentsById } from '../../../db/queries/catalog.ts';
import { findHosts } from '../../../db/queries/hosts.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { lastTasks } from '../../../db/queries/rollbacks.ts';
import { reportedOn } from '../../../db/queries/tasks.ts';
import { Refusal } from '../../contracts/errors.ts';
import { leaveOutOfService, runsArtifact, type InstallHost } from '../../domain/install-request.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../domain/rollout-policy.ts';
import type { JobPlan } from '../../domain/views.ts';
import type { GlassInput } from '../approval/pass-by-glass.ts';
import type { Context } from '../context.ts';

export interface InstallInput {
  releaseId: number;
  hostIds: number[];
  plan?: Partial<JobPlan> | undefined;
  reason?: string | undefined;
  /** Hosts that are not in service are left out and told, instead of refusing the request. */
  leaveOut?: boolean | undefined;
  breakGlass?: GlassInput | undefined;
  /** Starts although maintenance windows are closed, with the reason that job and card show. */
  override?: { reason: string } | undefined;
}

/** Reads what an install is judged by. Throws when the release or a host does not exist. */
export async function installFacts(reader: Reader, input: InstallInput) {
  const found = await findRelease(reader, input.releaseId);
  if (!found) {
    throw new Refusal(
      'not_found',
      `Install refused: there is no release ${input.releaseId}. List them with GET /releases.`,
    );
  }
  const { release, product } = found;
  const downloaded = await downloadedVersions(reader, product.id);
  const asked = await installHosts(reader, product.id, release.id, input.hostIds);
  const { kept, leftOut } = input.leaveOut ? leaveOutOfService(asked) : { kept: asked, leftOut: [] };
  return { release, product, request: { version: release.version, downloaded, hosts: kept }, leftOut };
}

/** Hosts as the rules of installing see them, in the order of their ids given. Throws when one does not exist. */
export async function installHosts(
  reader: Reader,
  productId: number,
  releaseId: number,
  hostIds: readonly number[],
): Promise<InstallHost[]> {
  const ids = [...new Set(hostIds)];
  const rows = new Map((await findHosts(reader, ids)).map((row) => [row.id, row]));
  const missing = ids.filter((id) => !rows.has(id));
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(', ');
    throw new Refusal('not_found', `Install refused: there is no host ${named}. Choose the hosts again.`);
  }
  const environmentIds = [...new Set([...rows.values()].map((row) => row.environmentId))];
  const environments = new Map((await environmentsById(reader, environmentIds)).map((row) => [row.id, row]));
  const channels = await channelsFollowed(reader, productId, environmentIds);
  const reported = new Map((await reportedOn(reader, ids, productId)).map((row) => [row.hostId, row]));
  const last = await lastTasks(reader, productId, ids);
  return ids
    .flatMap((id) => rows.get(id) ?? [])
    .map((row) => {
      const environment = environments.get(row.environmentId);
      const runs = reported.get(row.id);
      return {
        id: row.id,
        name: row.name,
        role: row.role,
        environment: environment?.name ?? '',
        life: row.life,
        installerMethod: environment?.installerMethod ?? '',
        channel: channels.get(row.environmentId) ?? null,
        deployedVersion: runs?.reportedVersion ?? null,
        // A host on which it failed and was left reports it too: that is no success, the host itself has to say so.
        alreadyThere: runsArtifact({
          reported: runs?.reportedReleaseId === releaseId,
          live: row.liveness === 'live',
          lastTaskWentBad: last.get(row.id)?.bad === true,
        }),
      };
    });
}

export type InstallFacts = Awaited<ReturnType<typeof installFacts>>;

/** The plan as asked for, the rest by default. Rule: section 10 (Defaults). */
export function fullPlan(ctx: Context, asked: Partial<JobPlan> = {}): JobPlan {
  return { ...DEFAULT_ROLLOUT_POLICY, bakeMs: ctx.config.bakeMs, onFailure: 'restore', ...asked };
}
