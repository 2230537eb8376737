import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalCard } from '../../../bot/cards/approval.ts';
import type { ApprovalFacts, IncidentFacts, JobFacts } from '../../../bot/cards/facts.ts';
import { incidentCard } from '../../../bot/cards/incident.ts';
import { jobCard } from '../../../bot/cards/job.ts';
import { BUTTONS } from '../../../bot/buttons/ids.ts';
import { activity, environment, slackMessage } from '../../../db/schema/index.ts';
import type { SlackMessage } from '../../../server/demo/slack/workspace.ts';
import type { JobPlan } from '../../../server/domain/views.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { resolveIncident } from '../../../server/services/incident/resolve.ts';
import { approvalFacts } from '../../../server/services/slack/approval-facts.ts';
import { incidentFacts } from '../../../server/services/slack/incident-facts.ts';
import { jobFacts } from '../../../server/services/slack/job-facts.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { rollouts } from '../../support/rollout.ts';
import { atOnce, deliver, install, jobOf, readyFleet, succeed } from '../../support/rollout-in-hand.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { postCard, press } from '../../support/slack/pressing.ts';
import { users } from '../../support/slack/workspace.ts';
import type { World } from '../../support/world.ts';

/** Every button of every card, through real Bolt over HTTP with signed requests, against our own stand-in at Slack's protocol. */
let site: BotSite;
let world: World;
let ana: Actor;
let ben: Actor;
const pressed = new Set<string>();
const click = (user: string, card: SlackMessage, id: Parameters<typeof press>[3]) => {
  pressed.add(id);
  return press(site, user, card, id);
};

beforeAll(async () => {
  site = await openBotSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  world = site.world;
});
beforeEach(async () => {
  ana = await site.linked(users.ana, 'Ana', 'operator');
  ben = await site.linked(users.ben, 'Ben', 'approver', 'operator');
  await site.linked(users.cleo, 'Cleo', 'viewer');
});
afterEach(async () => {
  for (const view of site.slack.workspace.views.values()) view.closed = true;
  await world.ctx.db.delete(slackMessage);
  await world.clear();
});
afterAll(() => site.close());

const hosts = { plant: ['a-1', 'a-2', 'a-3'] };
const cardOfJob = async (id: number, change: Partial<JobFacts> = {}) => {
  const facts = { ...(await jobFacts(world.ctx, id)), throttledAt: null, ...change } as JobFacts;
  return postCard(site, jobCard(facts), { purpose: 'job', entityId: id });
};
const cardOfApproval = async (change: Partial<ApprovalFacts> = {}, id = 1) =>
  postCard(site, approvalCard({ ...((await approvalFacts(world.ctx, id)) as ApprovalFacts), ...change }));
const cardOfIncident = async (change: Partial<IncidentFacts> = {}, id = 1) =>
  postCard(site, incidentCard({ ...((await incidentFacts(world.ctx, id)) as IncidentFacts), ...change }));
const kinds = async () => (await world.ctx.db.select({ kind: activity.kind }).from(activity)).map(({ kind }) => kind);

describe('an approval', () => {
  const rule = (change: object = {}) => ({ name: 'all', match: {}, required: 1, roles: ['approver'], ...change });
  async function asked(change: object = {}): Promise<number> {
    await readyFleet(world, { hosts, approvals: [rule(change)] });
    return install(world, [1, 2], atOnce, ana);
  }

  test('is approved once; who comes later is told who decided, and that the card was old', async () => {
    const job = await asked();
    const card = await cardOfApproval();
    expect(await click(users.ben, card, 'approval.approve')).toContain('Recorded: the request is approved');
    expect((await jobOf(world, job)).status).toBe('queued');
    const later = await click(users.ben, card, 'approval.approve');
    expect(later).toContain('already approved by Ben at 2026-03-02 08:00 UTC');
    expect(later).toContain('out of date');
  });

  test('is not approved by its requester, nor by somebody without the role', async () => {
    const job = await asked();
    const card = await cardOfApproval();
    expect(await click(users.ana, card, 'approval.approve')).toContain('only a person who is approver may approve');
    expect(await click(users.cleo, card, 'approval.approve')).toContain('it needs the role');
    expect((await jobOf(world, job)).status).toBe('waiting_approval');
  });

  test('one of two approvals is counted, and says how many are missing', async () => {
    await asked({ required: 2 });
    const card = await cardOfApproval();
    expect(await click(users.ben, card, 'approval.approve')).toContain('1 of 2, 1 more needed');
    expect(await click(users.ben, card, 'approval.approve')).toContain('you have approved this request already');
  });

  test('that has expired takes nothing', async () => {
    const job = await asked();
    const card = await cardOfApproval();
    world.time.now += 8 * 3_600_000;
    expect(await click(users.ben, card, 'approval.approve')).toContain('already expired at 2026-03-02 16:00 UTC');
    expect((await jobOf(world, job)).status).toBe('cancelled');
  });

  test('is taken back by its requester, and then takes no approve', async () => {
    const job = await asked();
    const card = await cardOfApproval();
    expect(await click(users.ana, card, 'approval.cancel')).toContain('Recorded: the request is cancelled');
    expect((await jobOf(world, job)).status).toBe('cancelled');
    expect(await click(users.ben, card, 'approval.approve')).toContain('already cancelled by Ana');
  });

  test('is rejected in a dialog; one that is over opens none', async () => {
    await asked();
    const card = await cardOfApproval();
    expect(await click(users.ben, card, 'approval.reject')).toBe('dialog: Reject');
    await click(users.ben, card, 'approval.approve');
    expect(await click(users.ben, card, 'approval.reject')).toContain(
      'is over: ✓ Approved by Ben, 2026-03-02 08:00 UTC',
    );
  });

  test('of an environment that is decided in the console takes nothing from Slack, whatever the card offers', async () => {
    const job = await asked();
    await world.ctx.db.update(environment).set({ approveVia: 'web' });
    const forged = await cardOfApproval({ approveVia: 'slack' });
    for (const id of ['approval.approve', 'approval.cancel', 'approval.reject'] as const) {
      expect(await click(users.ben, forged, id)).toContain('decided in the console only');
    }
    expect((await jobOf(world, job)).status).toBe('waiting_approval');
    await expect(cardOfApproval().then((card) => click(users.ben, card, 'approval.approve'))).rejects.toThrow(
      'nothing to press',
    );
  });
});

describe('a job', () => {
  async function started(plan: Partial<JobPlan> = { ...atOnce, maxParallel: 1 }) {
    await readyFleet(world, { hosts });
    const job = await install(world, [1, 2, 3], plan, ana);
    return { job, held: await deliver(world) };
  }

  test('is paused and goes on', async () => {
    const { job } = await started();
    const card = await cardOfJob(job);
    expect(await click(users.ana, card, 'job.pause')).toContain('the host that runs goes on to its end');
    expect((await jobOf(world, job)).status).toBe('paused');
    const again = await click(users.ben, card, 'job.pause');
    expect(again).toContain('pause refused: the job is paused');
    expect(again).toContain('The card that you clicked was out of date: job 3 is now ‖ Paused');
    expect(await click(users.ana, await cardOfJob(job), 'job.resume')).toContain('goes on');
    expect((await jobOf(world, job)).status).toBe('running');
    expect(await click(users.cleo, card, 'job.pause')).toContain('it needs the role operator');
  });

  test('is cancelled once', async () => {
    const { job } = await started();
    const card = await cardOfJob(job);
    expect(await click(users.ana, card, 'job.cancel')).toContain('is being cancelled. 1 host');
    expect(await click(users.ben, card, 'job.cancel')).toContain('cancel refused: the job is cancelling');
    expect((await jobOf(world, job)).status).toBe('cancelling');
  });

  test('continues with the wave that the card showed, and with no later one', async () => {
    const waves = [{ count: 1 }, { count: 2, manual: true }, { count: 3, manual: true }];
    const { job, held } = await started({ waves });
    await succeed(world, held[0]!);
    await deliver(world);
    const second = await cardOfJob(job);
    expect(await click(users.ana, second, 'job.continue')).toContain('wave 2 of 3 starts');
    const [next] = await deliver(world);
    await succeed(world, next!);
    await deliver(world);
    expect(await jobOf(world, job)).toMatchObject({ status: 'waiting', wave: 3 });
    const late = await click(users.ben, second, 'job.continue');
    expect(late).toContain('wave 2 does not wait any more, wave 3 does');
    expect(late).toContain('out of date');
    expect(await deliver(world)).toHaveLength(0);
    expect(await click(users.ben, await cardOfJob(job), 'job.continue')).toContain('wave 3 of 3 starts');
    expect(await deliver(world)).toHaveLength(1);
    expect(await click(users.ben, second, 'job.continue')).toContain('refused');
  });

  async function failed() {
    const { job, held } = await started();
    await rollouts(world).fail(held[0]!);
    return job;
  }

  test('is retried once, whoever presses, until that retry has ended', async () => {
    const job = await failed();
    const card = await cardOfJob(job);
    const answers = await Promise.all([click(users.ana, card, 'job.retry'), click(users.ben, card, 'job.retry')]);
    expect(answers.filter((text) => text.includes('tries again on 3 hosts'))).toHaveLength(1);
    const other = answers.find((text) => !text.includes('tries again'));
    expect(other).toMatch(/has retried .* already|being worked on right now/u);
    expect(await click(users.ben, card, 'job.retry')).toContain('is under way');
    await rollouts(world).finish();
    expect((await kinds()).filter((kind) => kind === 'job.requested')).toHaveLength(4);
    expect(await click(users.cleo, card, 'job.retry')).toContain('it needs the role operator');
    expect(await click(users.ben, card, 'job.retry')).toContain('tries again');
    expect((await kinds()).filter((kind) => kind === 'job.requested')).toHaveLength(5);
  });

  test('that runs is not retried, and says so', async () => {
    const { job } = await started();
    const { url } = (await jobFacts(world.ctx, job))!;
    const forged = await cardOfJob(job, {
      canRetry: true,
      job: { ...(await jobOf(world, job)), status: 'failed' },
      url,
    });
    expect(await click(users.ana, forged, 'job.retry')).toContain('retry refused: the job is running');
  });

  test('is rolled back in a dialog; without the role there is none', async () => {
    const card = await cardOfJob(await failed(), { canRollBack: true });
    expect(await click(users.ana, card, 'job.rollback')).toBe('dialog: Roll back');
    expect(await click(users.cleo, card, 'job.rollback')).toContain('it needs the role operator');
  });

  test('puts its evidence into its thread, and says where; without a thread it says where else', async () => {
    const job = await failed();
    const card = await cardOfJob(job);
    const said = await click(users.cleo, card, 'job.evidence');
    expect(said).toContain('as one archive');
    const [reply] = site.slack.thread(card);
    expect(reply?.files[0]).toMatchObject({ name: `signalbox-job-${job}.tar.gz` });
    expect(said).toContain(`/files/`);
    await world.ctx.db.delete(slackMessage).where(eq(slackMessage.entityId, job));
    expect(await click(users.cleo, card, 'job.evidence')).toContain('Download it in the console');
  });
});

describe('an incident', () => {
  async function broken(): Promise<number> {
    await readyFleet(world, { hosts });
    const job = await install(world, [1, 2, 3], { ...atOnce, maxParallel: 1 }, ana);
    const [held] = await deliver(world);
    await rollouts(world).fail(held!);
    return job;
  }

  test('is acknowledged once, and escalated', async () => {
    await broken();
    const card = await cardOfIncident();
    expect(await click(users.ben, card, 'incident.acknowledge')).toContain('is yours');
    const later = await click(users.ana, card, 'incident.acknowledge');
    expect(later).toContain('the incident is acknowledged already by Ben');
    expect(later).toContain('out of date: incident 1 is now ◐ Acknowledged by Ben');
    expect(await click(users.ana, card, 'incident.escalate')).toContain('is called in its thread');
    expect(await kinds()).toContain('incident.escalated');
    expect(await click(users.cleo, card, 'incident.escalate')).toContain(
      'Escalate refused: it needs the role operator',
    );
    expect(await click(users.cleo, card, 'incident.resolve')).toContain(
      'Resolve incident refused: it needs the role operator',
    );
  });

  test('offers its ways out as dialogs, and a retry', async () => {
    const job = await broken();
    const card = await cardOfIncident({ canRollBack: true, canRetry: true });
    expect(await click(users.ana, card, 'incident.hold')).toBe('dialog: Hold');
    expect(await click(users.ana, card, 'incident.rollback')).toBe('dialog: Roll back');
    expect(await click(users.ana, card, 'incident.resolve')).toBe('dialog: Resolve incident');
    expect(await click(users.ana, card, 'incident.retry')).toContain('tries again on 3 hosts');
    expect(await click(users.ben, card, 'incident.retry')).toContain(`Ana has retried`);
    expect((await jobOf(world, job + 1)).parentJobId).toBe(job);
    for (const id of ['incident.hold', 'incident.rollback', 'incident.resolve', 'incident.retry'] as const) {
      expect(await click(users.cleo, card, id)).toContain('it needs the role operator');
    }
  });

  test('that is resolved takes nothing, and says who resolved it', async () => {
    await broken();
    const card = await cardOfIncident();
    await resolveIncident.run(world.ctx, ben, { id: 1, resolution: 'Mended.' });
    for (const id of ['incident.acknowledge', 'incident.escalate'] as const) {
      const said = await click(users.ana, card, id);
      expect(said).toContain('the incident is resolved already by Ben');
      expect(said).toContain('out of date');
    }
  });

  test('shows the holds that it is under; each is released once', async () => {
    await broken();
    await createHold.run(world.ctx, ana, {
      scope: { product: 'orders' },
      reason: 'until it is understood',
      strict: false,
    });
    const card = await cardOfIncident();
    expect(await click(users.cleo, card, 'hold.release')).toContain('it needs the role operator');
    expect(await click(users.ben, card, 'hold.release')).toContain('The hold on orders is released');
    expect(await click(users.ana, card, 'hold.release')).toContain('Ben released hold 1 already, at 2026-03-02 08:00');
  });
});

test('no button has been left out', () => {
  expect([...pressed].sort()).toEqual(Object.keys(BUTTONS).sort());
});
