import {
  insertDecision,
  jobOfApproval,
  jobHasStarted,
  touchedOn,
  updateApproval,
} from '../../../db/queries/approvals.ts';
import { lockJob, updateJob, type JobRow } from '../../../db/queries/jobs.ts';
import { findPerson } from '../../../db/queries/people.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeApproval, type ApprovalRequest, type Click, type ClickCode } from '../../domain/approval.ts';
import type { Reason } from '../../domain/reason.ts';
import { jobHasEnded } from '../../domain/task-transition.ts';
import type { ApprovalView } from '../../domain/views.ts';
import type { Context, Transaction } from '../context.ts';
import { judgeJob } from '../job/judge.ts';
import { startRefusals } from '../job/start-refusals.ts';
import { record } from '../log/record.ts';
import { verb, type Actor } from '../verb.ts';
import type { Touched } from './needed.ts';
import { inTurn } from './in-turn.ts';
import { personKey } from './request-of.ts';
import { approvalTargets } from './targets.ts';
import { rolesFor } from './roles-for.ts';
import { settleApproval, storeEnd, type Standing } from './settle.ts';

export interface Decide {
  id: number;
  verdict: Click['verdict'];
  reason?: string | undefined;
  /** Where the person decides; left out: in the console. */
  via?: Click['via'];
}

/**
 * One click on a request, under the locks of its job and its row: whoever is first decides, and everybody is told what
 * became of theirs. A click that does not count is no error: `answer` says why, and it is kept. Rule: section 11.
 */
export const decideApproval = verb(
  'approval.decide',
  (ctx, actor, input: Decide): Promise<{ approval: ApprovalView; answer: Reason<ClickCode> }> =>
    inTurn(ctx.db, input.id, () =>
      transact(ctx, async (tx) => {
        const jobId = await jobOfApproval(tx, input.id);
        const job = jobId === undefined ? undefined : await lockJob(tx, jobId);
        if (!job) {
          throw new Refusal('not_found', `There is no approval ${input.id}. List them with GET /api/v1/approvals.`);
        }
        const now = ctx.clock.now();
        const started = await jobHasStarted(tx, job.id);
        const standing = (await settleApproval(tx, job, {
          now,
          started,
          release: await startRefusals(tx, job),
        })) as Standing;
        const touched = await touchedOn(tx, job.productId, { jobId: job.id });
        const click = await clickOf(tx, actor, touched, standing.at, input);
        const answer = await take(
          ctx,
          tx,
          job,
          { ...standing, request: demanding(standing.request, touched) },
          click,
          now,
        );
        return { approval: (await one(approvalViews, tx, input.id)) as ApprovalView, answer };
      }),
    ),
  approvalTargets,
);

type PersonClick = Click & { readonly personId: number; readonly name: string; readonly reason: string | null };

/** Eligible is who has the role now, whatever it was when they signed in. */
async function clickOf(
  tx: Transaction,
  actor: Actor,
  touched: Touched,
  at: number,
  input: Decide,
): Promise<PersonClick> {
  const person = actor.kind === 'person' && actor.id !== null ? await findPerson(tx, actor.id) : undefined;
  if (!person) {
    const sentence = `${input.verdict} refused: only a person decides on an approval. Sign in to the console.`;
    throw new Refusal('not_permitted', sentence, { reason: 'person_only' });
  }
  return {
    personId: person.id,
    by: personKey(person.id),
    name: person.name,
    roles: rolesFor(person.grants, touched),
    verdict: input.verdict,
    reason: input.reason ?? null,
    at,
    via: input.via,
  };
}

/** What counts is where its environments are decided now: clicks that have counted already are not judged again. */
function demanding(request: ApprovalRequest, touched: Touched): ApprovalRequest {
  const web = touched.filter(({ approveVia }) => approveVia === 'web').map(({ environment }) => environment);
  return { ...request, webOnly: [...new Set(web)].sort() };
}

async function take(
  ctx: Context,
  tx: Transaction,
  job: JobRow,
  { row, request, outcome: before }: Standing,
  click: PersonClick,
  now: number,
): Promise<Reason<ClickCode>> {
  const outcome = judgeApproval({ ...request, decisions: [...request.decisions, click] }, click.at);
  const answer = outcome.results.at(-1) as Reason<ClickCode>;
  const { personId, name: by, roles, verdict, reason, at } = click;
  await insertDecision(tx, {
    approvalId: row.id,
    personId,
    by,
    roles: [...roles],
    verdict,
    reason,
    at,
    result: answer,
  });
  if (answer.code === 'recorded' && outcome.state === 'pending') {
    await updateApproval(tx, row.id, {});
    await record(tx, { now, actor: by }, 'approval.decided', [row.id], { verdict });
  }
  await storeEnd(tx, row, request, outcome, now);
  if (outcome.state === 'approved') {
    if (before.state === 'pending') await letRun(ctx, tx, job, by, now);
  } else if (outcome.state !== 'pending' && !jobHasEnded(job.status)) await judgeJob(ctx, tx, job, now);
  return answer;
}

async function letRun(ctx: Context, tx: Transaction, job: JobRow, by: string, now: number): Promise<void> {
  await updateJob(tx, job.id, { status: 'queued', problem: null });
  await record(tx, { now, actor: by }, 'job.resumed', [job.id], { approved: true });
  await ctx.enqueue(tx, 'job.advance', { jobId: job.id });
}
