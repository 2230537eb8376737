import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalCard } from '../../../bot/cards/approval.ts';
import type { ApprovalFacts } from '../../../bot/cards/facts.ts';
import { decisionsOf } from '../../../db/queries/approvals.ts';
import { findPerson } from '../../../db/queries/people.ts';
import { approvalViews } from '../../../db/queries/steering-views.ts';
import type { ClickCode } from '../../../server/domain/approval.ts';
import type { Role } from '../../../server/domain/permission.ts';
import type { SlackMessage } from '../../../server/demo/slack/workspace.ts';
import { openSession } from '../../../server/services/people/session.ts';
import { approvalFacts } from '../../../server/services/slack/approval-facts.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { activities } from '../../support/fleet.ts';
import { atOnce, deliver, install, jobOf, readyFleet } from '../../support/rollout-in-hand.ts';
import { openBotSite, type BotSite } from '../../support/slack/bot-site.ts';
import { isAnswer, postCard } from '../../support/slack/pressing.ts';
import { until } from '../../support/until.ts';
import type { World } from '../../support/world.ts';

/** Somebody with a Slack user and a browser: whichever they click in, they are the same person. */
interface Clicker {
  readonly user: string;
  readonly actor: Actor;
  readonly cookie: string;
}

const members = Array.from({ length: 31 }, (_, at) => ({ id: `U0P${String(at).padStart(7, '0')}`, name: `p${at}` }));

let site: BotSite;
let world: World;
beforeAll(async () => {
  const users = members.map((member) => ({ ...member, realName: member.name, email: `${member.name}@example.com` }));
  site = await openBotSite({ standIn: { users }, settings: { SIGNALBOX_BAKE_MS: '0' } });
  world = site.world;
});
beforeEach(() => world.clear());
afterAll(() => site.close());

async function clicker(at: number, ...roles: Role[]): Promise<Clicker> {
  const { id: user, name } = members[at]!;
  const actor = await site.linked(user, name, ...roles);
  const row = (await findPerson(world.ctx.db, actor.id as number))!;
  const { secret } = await openSession(world.ctx.db, row, world.time.now, { openedBy: 'link' });
  return { user, actor, cookie: `signalbox_session=${secret}` };
}

/** A request for three approvals, its card, its requester, two who approve first, more who may, and some who may not. */
async function asked() {
  const rule = { name: 'all', match: {}, required: 3, roles: ['approver'] };
  await readyFleet(world, { hosts: { plant: ['a-1'] }, approvals: [rule] });
  const requester = await clicker(0, 'operator', 'approver');
  const approvers = await Promise.all(Array.from({ length: 20 }, (_, at) => clicker(at + 1, 'approver')));
  const strangers = await Promise.all(Array.from({ length: 10 }, (_, at) => clicker(at + 21, 'operator')));
  const job = await install(world, [1], atOnce, requester.actor);
  await world.take('job.advance');
  const card = await postCard(site, approvalCard((await approvalFacts(world.ctx, 1)) as ApprovalFacts));
  return { job, card, requester, approvers, strangers };
}

interface Answer {
  readonly status: number;
  readonly code: ClickCode;
  readonly sentence: string;
}

async function inConsole({ cookie }: Clicker): Promise<Answer> {
  const headers = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  const body = JSON.stringify({ verdict: 'approve' });
  const response = await site.send('POST', '/api/v1/approvals/1/decide', { headers, body });
  const { answer } = (await response.json()) as { answer: Omit<Answer, 'status'> };
  return { status: response.status, ...answer };
}

/** What everybody has got to see in Slack of their clicks. */
const seenInSlack = () => members.flatMap(({ id }) => site.slack.whispers(id).map(({ text }) => text)).filter(isAnswer);

/** All at once, half in Slack and half in the console, several times by each; answers when everybody has an answer. */
async function storm(card: SlackMessage, who: readonly Clicker[], count: number) {
  const before = seenInSlack().length;
  const clicks = Array.from({ length: count }, (_, at) => who[Math.floor(at / 2) % who.length]!);
  const [, answered] = await Promise.all([
    Promise.all(
      clicks.filter((_, at) => at % 2 === 0).map(({ user }) => site.slack.person(user).press(card, 'approval.approve')),
    ),
    Promise.all(clicks.filter((_, at) => at % 2 === 1).map(inConsole)),
  ]);
  expect(answered.filter(({ status }) => status !== 200)).toEqual([]);
  const told = await until(
    `${count / 2} answers in Slack`,
    () => {
      const texts = seenInSlack();
      return texts.length >= before + count / 2 ? texts : null;
    },
    { forMs: 60_000, seen: () => seenInSlack().length },
  );
  expect(told).toHaveLength(before + count / 2);
  return { answered };
}

const countOf = (answers: readonly Answer[], code: ClickCode) =>
  answers.filter((answer) => answer.code === code).length;
const withWords = (words: string) => seenInSlack().filter((text) => text.includes(words)).length;

describe('five hundred clicks on one approval, half in Slack and half in the console', () => {
  test('double, own, not eligible, after a restart and after the expiry: one decision, one job, an answer to each', async () => {
    const { job, card, requester, approvers, strangers } = await asked();
    const everybody = [requester, ...strangers, ...approvers];

    const first = await storm(card, [requester, ...strangers, approvers[0]!, approvers[1]!], 200);
    expect((await approvalViews(world.ctx.db, [1]))[0]).toMatchObject({ state: 'pending' });
    expect(countOf(first.answered, 'recorded') + withWords('Your approve is recorded')).toBe(2);

    await site.restartBot();
    const second = await storm(card, everybody, 200);
    const [view] = await approvalViews(world.ctx.db, [1]);
    expect(view).toMatchObject({ state: 'approved' });
    expect(new Set(view?.approvedBy).size).toBe(3);
    expect(countOf(second.answered, 'recorded') + withWords('Recorded: the request is approved')).toBe(1);
    expect(await deliver(world)).toHaveLength(1);
    expect((await jobOf(world, job)).status).toBe('running');

    world.time.now += 9 * 3_600_000;
    const late = await storm(card, everybody, 100);
    expect(countOf(late.answered, 'already_approved')).toBe(50);
    expect(await deliver(world)).toHaveLength(0);

    expect(await decisionsOf(world.ctx.db, 1, false)).toHaveLength(500);
    expect(await decisionsOf(world.ctx.db, 1, true)).toHaveLength(3);
    const told = (await activities(world)).filter(({ entity }) => entity.kind === 'approval').map(({ kind }) => kind);
    expect(told).toEqual(['approval.requested', 'approval.decided', 'approval.decided', 'approval.ended']);
    const words =
      /recorded|Recorded|your own request|only a person who is approver|approved this request already|already approved by p\d+ at /u;
    expect(seenInSlack().filter((text) => !words.test(text))).toEqual([]);
    expect(withWords('your own request')).toBeGreaterThan(0);
    expect(withWords('only a person who is approver')).toBeGreaterThan(0);
    expect(withWords('you have approved this request already')).toBeGreaterThan(0);
  }, 120_000);

  test('from the instant of its expiry on: nobody decides, nothing starts, everybody is told', async () => {
    const { job, card, requester, approvers } = await asked();
    await storm(card, [approvers[0]!, approvers[1]!], 20);
    world.time.now += 8 * 3_600_000;
    const { answered } = await storm(card, [requester, ...approvers], 100);
    expect(countOf(answered, 'already_expired')).toBe(50);
    expect(withWords('already expired at 2026-03-02 16:00 UTC')).toBe(50);
    expect((await jobOf(world, job)).status).toBe('cancelled');
    expect(await deliver(world)).toHaveLength(0);
  }, 120_000);
});
