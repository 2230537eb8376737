import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBot, type RunningBot } from '../../../bot/start.ts';
import { putSlackAccount } from '../../../db/queries/slack-wire.ts';
import { declaredApproval } from '../../../server/contracts/fleet.ts';
import { saveApprovalRule } from '../../../server/services/approval-rule/save.ts';
import { personOf } from '../../support/people.ts';
import { rollouts } from '../../support/rollout.ts';
import { openForeign, openOwn, type ForeignMessage, type ForeignSlack } from '../../support/slack/foreign.ts';
import { localSlackProblem } from '../../support/slack/local-slack.ts';
import { shortWaits } from '../../support/slack/bot-site.ts';
import { users } from '../../support/slack/workspace.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

const problem = await localSlackProblem();
const which = problem === null ? 'local-slack 0.1.8' : `our own stand-in, since local-slack cannot run: ${problem}`;

describe(`Socket Mode with ${which}`, () => {
  let slack: ForeignSlack;
  let world: World;
  let bot: RunningBot | undefined;
  beforeAll(async () => {
    slack = problem === null ? await openForeign() : await openOwn();
    world = await openWorld({ SIGNALBOX_URL: 'https://signalbox.example', SLACK_COALESCE_MS: '0', ...slack.settings });
    const ctx = { ...world.ctx, clock: { now: () => Date.now() } };
    world.time.now = Date.now();
    await declareFleet(world, { targets: 2 });
    await publish(world, ['1.0.0']);
    await rollouts(world).download([1]);
    const rule = declaredApproval.parse({ name: 'all' });
    await saveApprovalRule.run(world.ctx, world.operator, rule);
    for (const [user, name, role] of [
      [users.ana, 'Ana', 'operator'],
      [users.ben, 'Ben', 'approver'],
    ] as const) {
      const { id } = await personOf(world, name, role);
      const row = { team: slack.team, user, userName: name, personId: id as number, linkedAt: Date.now() };
      await world.ctx.db.transaction((tx) => putSlackAccount(tx, row));
    }
    bot = startBot(ctx, { waits: shortWaits, lead: () => Promise.resolve(true) });
    await slack.connected();
  });
  afterAll(async () => {
    await bot?.stop();
    await world?.close();
    await slack?.close();
  });

  const saying = (...words: string[]): Promise<ForeignMessage> => {
    let seen: ForeignMessage[] = [];
    return until(
      `a message that says ${words.join(', ')}`,
      async () => {
        const all = await slack.messages();
        seen = all;
        return all.find((message) => words.every((word) => JSON.stringify(message).includes(word)));
      },
      { seen: () => seen },
    );
  };

  test('command, dialog, submission, approval by another person, and a mention in the thread', async () => {
    await slack.command(users.ana, 'help');
    await saying('install');

    await slack.command(users.ana, 'install orders 1.0.0 on line-1,line-2');
    await until('the filled dialog', () => JSON.stringify(slack.dialog(users.ana) ?? '').includes('Install Now (2)'));
    // Who is faster than what was shown is remembered has to confirm it again.
    while (slack.dialog(users.ana)) {
      const shown = JSON.stringify(slack.dialog(users.ana));
      await slack.submit(users.ana, { reason: 'it is due' });
      await until('an answer to the submission', () => JSON.stringify(slack.dialog(users.ana)) !== shown);
    }
    const card = await saying('Approval wanted', 'it is due', 'approval.approve');

    await slack.press(users.ana, card, 'approval.approve');
    await saying('Not counted');
    await slack.press(users.ben, card, 'approval.approve');
    const approved = await saying('✓ Approved', 'Ben');
    expect(approved.ts).toBe(card.ts);

    await slack.mention(users.ana, 'status', card.ts);
    const answer = await until('an answer in the thread', async () =>
      (await slack.messages()).find(({ thread, text }) => thread === card.ts && !text.startsWith('<@U0SIGNALBX>')),
    );
    expect(JSON.stringify(answer)).toContain('orders');
  });
});
