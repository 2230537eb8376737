import { lockClient, updateClient, type ClientPlace } from '../../../db/queries/clients.ts';
import { touchRows } from '../../../db/queries/fleet.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { entryOf, type Channel } from '../../domain/channel.ts';
import type { Client } from '../../domain/client.ts';
import { deploy } from '../../domain/deploy.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Transaction } from '../context.ts';
import { record, type Occasion } from '../log/record.ts';
import { clientTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { channelOf, noClient } from './check.ts';
import { clientIn } from './subjects.ts';
import { deployedColumn } from './take-over.ts';

export type DeployOutcome = 'succeeded' | 'failed';

interface DeployInput {
  /** Of the client. */
  id: number;
  version: string;
  outcome: DeployOutcome;
}

/** Somebody deployed a release there, by the rules of the installer: what they refuse is refused here too. Rule: section 4 (Deploying). */
export const noteDeploy = verb(
  'client.deploy',
  async (ctx, actor, { id, version, outcome }: DeployInput) => {
    const occasion = { now: ctx.clock.now(), actor: actor.name };
    return transact(ctx, async (tx) => {
      const place = await lockClient(tx, id);
      if (!place) throw noClient(id);
      demandOwnReport(place);
      const channel = await channelOf(tx, place);
      const { decision, client } = deploy(channel, clientIn(channel, place), version, outcome);
      if (!decision.allowed) throw new Refusal('refused', decision.refusal.sentence, { reason: decision.refusal.code });
      await storeDeployed(tx, occasion, place, client, null);
      return { ok: true as const };
    });
  },
  (ctx, { id }) => clientTarget(ctx, id),
);

/**
 * The client says what it deployed. That has happened, whatever the rules say: it is stored, and answered with what is
 * surprising about it; null: nothing. The caller holds the client's lock.
 */
export async function storeReport(
  tx: Transaction,
  occasion: Occasion,
  place: ClientPlace,
  channel: Channel,
  { version, outcome }: { version: string; outcome: DeployOutcome },
): Promise<Reason | null> {
  demandOwnReport(place);
  const before = clientIn(channel, place);
  const { decision, client } = deploy(channel, before, version, outcome);
  const surprise = decision.allowed ? null : decision.refusal;
  const after = decision.allowed ? client : forced(channel, before, version, outcome);
  await storeDeployed(tx, occasion, place, after, surprise);
  return surprise;
}

function forced(channel: Channel, client: Client, version: string, outcome: DeployOutcome): Client {
  const entry = entryOf(channel, version);
  const deployed = {
    version,
    sequence: entry?.sequence ?? null,
    required: entry?.required ?? false,
    failed: outcome === 'failed',
  };
  return { ...client, deployed };
}

async function storeDeployed(
  tx: Transaction,
  occasion: Occasion,
  { row, environment, product }: ClientPlace,
  client: Client,
  surprise: Reason | null,
): Promise<void> {
  const deployed = deployedColumn(client);
  const same = row.deployed?.version === deployed?.version && row.deployed?.failed === deployed?.failed;
  await updateClient(tx, row.id, same ? { deployed } : { deployed, deployedAt: occasion.now });
  if (same) return;
  await touchRows(tx, 'environment', [environment.id]);
  await record(tx, occasion, 'environment.deployed', [environment.id], {
    product: product.name,
    version: deployed?.version,
    outcome: deployed?.failed ? 'failed' : 'succeeded',
    ...(surprise ? { surprise: surprise.sentence } : {}),
  });
}

/** What runs on hosts is what the hosts report. */
function demandOwnReport({ environment }: ClientPlace): void {
  if (environment.installerMethod !== 'managed') return;
  const sentence = `${environment.name} is managed: its hosts report what they run. Install on them instead.`;
  throw new Refusal('refused', sentence, { reason: 'managed' });
}
