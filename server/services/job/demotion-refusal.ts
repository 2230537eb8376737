import { isDemotedSomewhere } from '../../../db/queries/channel-entries.ts';
import { downloadedVersions } from '../../../db/queries/catalog.ts';
import { rolloutRows, type JobRow } from '../../../db/queries/jobs.ts';
import { findRelease } from '../../../db/queries/releases.ts';
import { entryOf } from '../../domain/channel.ts';
import { judgeInstall } from '../../domain/install-request.ts';
import type { StartRefusal } from '../../domain/start-refusal.ts';
import { listed } from '../../domain/wording.ts';
import type { Transaction } from '../context.ts';
import { installHosts } from '../install/facts.ts';

/**
 * What a demotion refuses of an install that is queued, judged as its request was: by the channel that each host's own
 * environment follows. A roll-off goes to active releases only, older ones too. One such host ends the job: its plan can no
 * longer run as it stands. Rules: sections 4, 9 and 10.
 */
export async function demotionRefusal(tx: Transaction, job: JobRow): Promise<StartRefusal[]> {
  if ((job.kind !== 'install' && job.kind !== 'roll-off') || !(await isDemotedSomewhere(tx, job.releaseId))) return [];
  const found = await findRelease(tx, job.releaseId);
  const pending = (await rolloutRows(tx, job.id)).filter(({ status }) => status === 'pending');
  if (!found || pending.length === 0) return [];
  const { version } = found.release;
  const hostIds = pending.map(({ hostId }) => hostId);
  const hosts = await installHosts(tx, job.productId, job.releaseId, hostIds);
  const downloaded = [...(await downloadedVersions(tx, job.productId)), version];
  const refused = new Set(
    job.kind === 'install'
      ? judgeInstall({ version, downloaded, hosts })
          .hosts.filter(({ reason }) => reason?.code === 'demoted')
          .map(({ id }) => id)
      : hosts.filter(({ channel }) => channel && entryOf(channel, version)?.demoted).map(({ id }) => id),
  );
  if (refused.size === 0) return [];
  const environments = [...new Set(hosts.filter(({ id }) => refused.has(id)).map(({ environment }) => environment))];
  const sentence = `${version} is demoted on the channel that ${listed(environments)} ${environments.length === 1 ? 'follows' : 'follow'}: what has not started is not started.`;
  return [{ code: 'demoted', sentence, environments }];
}
