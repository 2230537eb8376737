import { createHash } from 'node:crypto';
import { planFacts } from '../../../db/queries/approvals.ts';
import type { Reader } from '../../../db/connect.ts';
import type { HostConnection } from '../../contracts/host-connection.ts';
import { canonicalPlan, type ExactPlan, type Json } from '../../domain/approved-plan.ts';

export interface HashedPlan {
  plan: ExactPlan;
  /** SHA-256 of the canonical text, hex. */
  hash: string;
}

/** The plan of a job as it stands now: artifact, machines in order, waves and policy. Rule: section 11. */
export async function exactPlan(reader: Reader, jobId: number): Promise<HashedPlan> {
  const { digest, plan: asked, hosts } = await planFacts(reader, jobId);
  const { waves, ...policy } = asked;
  const plan: ExactPlan = {
    releaseDigest: digest,
    hosts: hosts.map(({ name, connection, root }) => `${name} (${placeOf(connection)}${root})`),
    waves: waves as Json,
    policy: policy as unknown as Json,
    variables: {},
  };
  return { plan, hash: createHash('sha256').update(canonicalPlan(plan)).digest('hex') };
}

/** A name that leads to another machine is another host. */
function placeOf(connection: HostConnection): string {
  return connection.transport === 'local' ? 'local:' : `${connection.user}@${connection.address}:${connection.port}:`;
}
