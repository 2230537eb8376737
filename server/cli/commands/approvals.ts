import { instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { idNamed } from '../named.ts';
import { notesLines, table } from '../text.ts';

const STATES = ['pending', 'approved', 'rejected', 'cancelled', 'expired', 'superseded'] as const;
const WHERE = 'Deciding needs a person: sign in to the console and open Approvals.';

export const approvals = command(
  {
    summary: 'List requests for approval, newest first; people decide on them in the console',
    args: [],
    options: {
      state: { value: STATES.join('|'), text: 'only these' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, _args, { state, limit }) => {
    const chosen = STATES.find((name) => name === state);
    if (state !== undefined && chosen === undefined) {
      throw new UsageError(`--state has to be one of ${STATES.join(', ')}.`);
    }
    const page = await terminal.client.call('approvals.list', { state: chosen, limit: limit ?? 20 });
    const rows = page.items.map((item) => [
      String(item.id),
      String(item.jobId),
      item.version,
      `${item.plan.hosts} in ${item.plan.environments.join(', ')}`,
      item.state,
      `${item.approvedBy.length} of ${item.required}`,
      item.requester,
      item.state === 'pending' ? `expires ${instantText(item.expiresAt)}` : (item.endReason ?? item.endedBy ?? ''),
      item.planHash,
    ]);
    const heading = ['approval', 'job', 'version', 'hosts', 'state', 'approved', 'by', '', 'plan'];
    terminal.show(page, () => table(heading, rows, 'no approvals'));
    if (page.items.some((item) => item.state === 'pending')) terminal.note(WHERE);
    return 'ok';
  },
);

export const approval = command(
  { summary: 'Show a request for approval: its plan, its hosts, every click', args: ['approval'], options: {} },
  async (terminal, args) => {
    const shown = await terminal.client.call('approvals.show', { id: idNamed(args.approval, 'the approval') });
    const { approval: asked, plan, decisions } = shown;
    const hosts = plan.hosts.map(({ wave, name, fromVersion, toVersion, changes }) => [
      String(wave),
      name,
      fromVersion ?? '–',
      changes ? toVersion : 'stays',
    ]);
    const clicks = decisions.map(({ at, by, verdict, result }) => [instantText(at), by, verdict, result.sentence]);
    const agreed = `${asked.approvedBy.length} of ${asked.required} by ${asked.roles.join(' or ')}`;
    terminal.show(shown, () => [
      `approval ${asked.id} of job ${asked.jobId} (${asked.version}): ${asked.state}, ${agreed}`,
      `plan ${plan.hash}`,
      ...table(['wave', 'host', 'from', 'to'], hosts, 'no hosts'),
      ...notesLines(plan.notes),
      ...table(['at', 'who', 'click', 'answer'], clicks, 'nobody has decided yet'),
    ]);
    if (asked.state === 'pending') terminal.note(WHERE);
    return 'ok';
  },
);
