import type { Api } from '../../contracts/api.ts';
import type { OutputOf } from '../../contracts/endpoint.ts';
import { command } from '../command.ts';
import { followJob, jobLines } from '../follow-job.ts';
import { everyHost, hostsNamed, idNamed } from '../named.ts';
import { reasonIn, reasonOption } from '../reason.ts';
import { table } from '../text.ts';

export const rollback = command(
  {
    summary: 'Bring the affected hosts of a job back to what was good on each',
    args: ['job'],
    options: {
      hosts: { value: 'a,b', text: 'these hosts of the job; default: the affected ones' },
      'include-healthy': { text: 'healthy, consistent hosts too' },
      reason: reasonOption,
      'dry-run': { text: 'show the plan and do nothing' },
      wait: { text: 'wait for its end' },
    },
  },
  async (terminal, args, given) => {
    const names = given.hosts?.split(',').map((name) => name.trim());
    const hostIds = names && hostsNamed(await everyHost(terminal.client), names).map(({ id }) => id);
    const input = { id: idNamed(args.job, 'the job'), hostIds, includeHealthy: given['include-healthy'] };
    if (given['dry-run']) {
      const preview = await terminal.client.call('rollbacks.preview', input);
      terminal.show(preview, () => previewLines(preview));
      return preview.refusal || preview.stuck.length > 0 ? 'refused' : 'ok';
    }
    const why = reasonIn(given.reason, 'rollback');
    const answer = await terminal.client.call('rollbacks.start', { ...input, reason: why });
    const { started, contained } = answer;
    const stuck = contained ? [`incident ${contained.incident.id}: ${contained.incident.cause.sentence}`] : [];
    if (given.wait && started.length > 0) {
      for (const line of stuck) terminal.note(line);
      const ends = [];
      for (const { id } of started) ends.push(await followJob(terminal, id));
      return contained || ends.includes('refused') ? 'refused' : 'ok';
    }
    terminal.show(answer, () => [...started.flatMap(jobLines), ...stuck]);
    return contained ? 'refused' : 'ok';
  },
);

function previewLines({ hosts, refusal }: OutputOf<Api['rollbacks.preview']>): string[] {
  const rows = hosts
    .filter(({ chosen }) => chosen)
    .map((host) => [
      host.name,
      host.causes.join(', '),
      host.reports ?? '–',
      host.target?.version ?? '–',
      host.outcome,
      host.target === null ? '' : host.onHost ? 'on the host' : 'sent',
      host.reason?.sentence ?? host.warnings[0]?.sentence ?? '',
    ]);
  const heading = ['host', 'because', 'runs', 'back to', 'outcome', 'package', 'why'];
  return [...table(heading, rows, 'no hosts'), ...(refusal ? [refusal.sentence] : [])];
}
