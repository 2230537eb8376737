import fc from 'fast-check';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../../db/connect.ts';
import { decisionsOf } from '../../../db/queries/approvals.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import { approval } from '../../../db/schema/index.ts';
import type { ClickCode } from '../../../server/domain/approval.ts';
import { decideApproval } from '../../../server/services/approval/decide.ts';
import type { Context } from '../../../server/services/context.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { activities } from '../../support/fleet.ts';
import { personOf } from '../../support/people.ts';
import { deliver, install, jobOf, readyFleet, tasksOf } from '../../support/rollout-in-hand.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let others: Context[];

beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  others = servers(3);
});
afterAll(async () => {
  await stop(others);
  await world.close();
});
beforeEach(() => world.clear());

/** More servers on the same database, each with connections of its own. */
function servers(count: number): Context[] {
  return Array.from({ length: count }, (_, i) => ({
    ...world.ctx,
    db: connect(world.url, { max: 6, applicationName: `server-${i}` }),
  }));
}
const stop = (contexts: readonly Context[]) => Promise.all(contexts.map(({ db }) => db.$client.end({ timeout: 1 })));

async function asked(required: number): Promise<{ requester: Actor; job: number }> {
  const rule = { name: 'all', match: {}, required, roles: ['approver'] };
  await readyFleet(world, { hosts: { plant: ['a-1'] }, approvals: [rule] });
  const requester = await personOf(world, 'Ana', 'operator', 'approver');
  const job = await install(world, [1], undefined, requester);
  await world.take('job.advance');
  return { requester, job };
}

type Verdict = 'approve' | 'reject' | 'cancel';
const click = async (ctx: Context, actor: Actor, verdict: Verdict = 'approve', id = 1) =>
  (await decideApproval.run(ctx, actor, { id, verdict })).answer;

describe('hundreds of clicks at once, on several servers', () => {
  test('end in one decision and one job that is started once, and everybody has an answer', async () => {
    const { requester, job } = await asked(3);
    const approvers = await Promise.all(Array.from({ length: 20 }, (_, i) => personOf(world, `P${i}`, 'approver')));
    const strangers = await Promise.all(Array.from({ length: 10 }, (_, i) => personOf(world, `S${i}`, 'operator')));
    const storm = (contexts: readonly Context[], count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) => {
          const who = i % 10 === 0 ? requester : i % 10 < 3 ? strangers[i % 10]! : approvers[(i * 7) % 20]!;
          return click(contexts[i % contexts.length]!, who);
        }),
      );
    const answers = await storm([world.ctx, ...others], 200);
    // A restart: new connections, nothing remembered but what is in the database.
    await stop(others);
    others = servers(3);
    const late = await storm(others, 100);

    const counts = countsOf(answers.map(({ code }) => code));
    expect(counts.recorded).toBe(3);
    expect(counts.already_approved ?? 0).toBeGreaterThan(0);
    const known: ClickCode[] = [
      'recorded',
      'own_request',
      'not_eligible',
      'already_approved_by_you',
      'already_approved',
    ];
    for (const { code, sentence } of answers) {
      expect(known).toContain(code);
      expect(sentence).not.toBe('');
    }
    expect(countsOf(late.map(({ code }) => code))).toEqual({ already_approved: 100 });
    expect(await decisionsOf(world.ctx.db, 1, false)).toHaveLength(300);

    const [view] = await approvalViews(world.ctx.db, [1]);
    expect(new Set(view?.approvedBy).size).toBe(3);
    expect(view).toMatchObject({ state: 'approved', endedBy: view?.approvedBy.at(-1) });
    const told = (await activities(world)).filter(({ entity }) => entity.kind === 'approval').map(({ kind }) => kind);
    expect(told).toEqual(['approval.requested', 'approval.decided', 'approval.decided', 'approval.ended']);
    expect(await world.take('job.advance')).toEqual([{ jobId: job }]);
    await world.ctx.db.transaction((tx) => world.ctx.enqueue(tx, 'job.advance', { jobId: job }));
    expect(await deliver(world)).toHaveLength(1);
    expect(Object.values(await tasksOf(world)).map(({ status }) => status)).toEqual(['running']);
  }, 60_000);

  test('of which some reject and some take back end in one of them, never in two', async () => {
    const { requester, job } = await asked(2);
    const people = await Promise.all(Array.from({ length: 12 }, (_, i) => personOf(world, `P${i}`, 'approver')));
    const contexts = [world.ctx, ...others];
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        i % 17 === 5
          ? click(contexts[i % 4]!, requester, 'cancel')
          : click(contexts[i % 4]!, people[i % 12]!, i % 5 === 4 ? 'reject' : 'approve'),
      ),
    );
    const [view] = await approvalViews(world.ctx.db, [1]);
    const state = view?.state ?? 'pending';
    expect(['approved', 'rejected', 'cancelled']).toContain(state);
    const ends = (await activities(world)).filter(({ kind }) => kind === 'approval.ended');
    expect(ends).toHaveLength(1);
    for (const { code } of answers) {
      expect(['recorded', 'already_approved_by_you', 'not_eligible', `already_${state}`]).toContain(code);
    }
    const { status } = await jobOf(world, job);
    expect(status).toBe(state === 'approved' ? 'queued' : 'cancelled');
    expect(await deliver(world)).toHaveLength(state === 'approved' ? 1 : 0);
  }, 60_000);

  test('that come with the end of the time find it expired, all of them', async () => {
    const { job } = await asked(1);
    const people = await Promise.all(Array.from({ length: 10 }, (_, i) => personOf(world, `P${i}`, 'approver')));
    world.time.now += 8 * 3_600_000;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => click([world.ctx, ...others][i % 4]!, people[i % 10]!)),
    );
    expect(countsOf(answers.map(({ code }) => code))).toEqual({ already_expired: 60 });
    expect((await jobOf(world, job)).status).toBe('cancelled');
  });
});

test('no sequence of clicks lets a plan run with fewer people than required', async () => {
  const { requester } = await asked(1);
  const people = await Promise.all([
    personOf(world, 'Ben', 'approver'),
    personOf(world, 'Ben', 'approver'),
    personOf(world, 'Cem', 'approver', 'operator'),
    personOf(world, 'Dia', 'viewer', 'operator'),
  ]);
  const rule = (required: number) => ({
    required,
    roles: ['approver' as const],
    allowSelf: false,
    expiresAfterMs: 1e9,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(
        fc.record({ who: fc.nat(3), verdict: fc.constantFrom<Verdict[]>('approve', 'approve', 'approve', 'reject') }),
        {
          maxLength: 8,
        },
      ),
      async (required, clicks) => {
        const job = await install(world, [1], undefined, requester);
        const [asked] = await world.ctx.db
          .update(approval)
          .set({ policy: rule(required) })
          .where(eq(approval.jobId, job))
          .returning();
        const id = asked!.id;
        for (const { who, verdict } of clicks) await click(world.ctx, people[who]!, verdict, id);
        const [view] = await approvalViews(world.ctx.db, [id]);
        const counted = (await decisionsOf(world.ctx.db, id, true)).filter(({ verdict }) => verdict === 'approve');
        const eligible = new Set(counted.map(({ personId }) => personId));
        const status = (await jobOf(world, job)).status;
        expect(status === 'queued').toBe(view?.state === 'approved');
        if (view?.state === 'approved') expect(eligible.size).toBe(required);
        else expect(eligible.size).toBeLessThan(required);
        expect(eligible).not.toContain(people[3]!.id);
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

function countsOf<Code extends string>(codes: readonly Code[]): Partial<Record<Code, number>> {
  const counts: Partial<Record<Code, number>> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
