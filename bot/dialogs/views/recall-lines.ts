import { counted, listed } from '../../../server/domain/wording.ts';
import type { previewRecall } from '../../../server/services/recall/preview.ts';
import { inline } from '../../cards/escape.ts';

export type RecallPreview = Awaited<ReturnType<typeof previewRecall.run>>;

/** What a recall of one release would do, as lines of mrkdwn. Rule: section 9. */
export function recallLines({ hosts, jobs, stops, evaluations }: RecallPreview): string[] {
  const environments = [...new Set(hosts.map(({ environment }) => environment))];
  const staying = hosts.filter(({ outcome }) => outcome !== 'starts');
  return [
    hosts.length === 0
      ? '• No host runs it'
      : `• ${counted(hosts.length, 'host')} in ${inline(listed(environments), 400)} ${hosts.length === 1 ? 'runs' : 'run'} it`,
    ...jobs.map((job) => `• Rolls ${counted(job.hosts, 'host')} to ${inline(job.version, 80)}`),
    ...(staying[0]?.reason
      ? [`• ${counted(staying.length, 'host')} would not move at once: ${inline(staying[0].reason.sentence, 400)}`]
      : []),
    ...(stops.length === 0
      ? []
      : [`• Stops what has not started of ${listed(stops.map(({ jobId }) => `job ${jobId}`))}`]),
    ...(evaluations.length === 0 ? [] : [`• Ends ${counted(evaluations.length, 'evaluation')} of the pipeline`]),
  ];
}
