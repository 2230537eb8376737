import type { Caller } from '../caller.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import { stillOpen } from '../dialogs/still-open.ts';
import type { DialogPlace, Submitted } from '../entries.ts';
import type { Dialog } from '../message.ts';
import { acknowledged, isFirst, type Ack, type Answers } from './answers.ts';
import type { Delivery } from './delivery.ts';
import { inTime } from './in-time.ts';
import { dialogSaying, sentenceOf, TWICE, words } from './refused.ts';

const TITLE = 'Signalbox';

/** Something inside the dialog was picked or typed. Nothing can be said in the acknowledgement, so it goes at once. */
export async function dialogChanged(answers: Answers, delivery: Delivery, actionId: string, ack: Ack): Promise<void> {
  const { ctx, entries, tell } = answers;
  await acknowledged(ctx, ack);
  try {
    const place = placeOf(delivery);
    if (!place || !(await isFirst(ctx, delivery))) return;
    await entries.dialogChanged(answers.botFor(delivery), await answers.caller(delivery), place, actionId);
  } catch (error) {
    await tell(delivery, words(sentenceOf(ctx, error, `dialog ${actionId}`)));
  }
}

/** The whole dialog was handed in: errors stand beside its fields, what came of it takes its place or goes to the person. */
export async function dialogSubmitted(answers: Answers, delivery: Delivery, ack: Ack): Promise<void> {
  const { ctx } = answers;
  const work = submitted(answers, delivery);
  const first = await inTime(work, delivery.arrival, answers.answerMs);
  const working = dialogSaying(TITLE, 'Working on it. The answer follows here.');
  const acked = await acknowledged(
    ctx,
    ack,
    first.done ? ackOf(first.value) : { response_action: 'update', view: working },
  );
  const outcome = await work;
  if (!first.done || !acked) await showLate(answers, delivery, outcome);
  if (outcome.kind === 'done') await answers.tell(delivery, outcome.message);
}

async function submitted(answers: Answers, delivery: Delivery): Promise<Submitted> {
  const { ctx, entries } = answers;
  const place = placeOf(delivery);
  try {
    if (!place) return { kind: 'view', dialog: dialogSaying(TITLE, 'This dialog is of another version of Signalbox.') };
    if (!(await isFirst(ctx, delivery))) return { kind: 'done', message: TWICE };
    return await entries.dialogSubmitted(answers.botFor(delivery), await answers.caller(delivery), place);
  } catch (error) {
    const sentence = sentenceOf(ctx, error, 'dialog');
    const dialog = dialogSaying(TITLE, escapeMrkdwn(sentence));
    return (place && stillOpen(place, sentence)) ?? { kind: 'view', dialog };
  }
}

function ackOf(outcome: Submitted): unknown {
  if (outcome.kind === 'errors') return { response_action: 'errors', errors: outcome.errors };
  return outcome.kind === 'view' ? { response_action: 'update', view: outcome.dialog } : { response_action: 'clear' };
}

/** The dialog shows that it is being worked on: what came of it takes that place. */
async function showLate(answers: Answers, delivery: Delivery, outcome: Submitted): Promise<void> {
  if (!delivery.view) return;
  await answers
    .botFor(delivery)
    .updateDialog(delivery.view.id, await lateDialog(answers, delivery, outcome))
    .catch((error: unknown) => answers.ctx.log.warn({ err: error }, 'slack: a late dialog could not be shown'));
}

async function lateDialog(answers: Answers, delivery: Delivery, outcome: Submitted): Promise<Dialog> {
  if (outcome.kind === 'view') return outcome.dialog;
  if (outcome.kind === 'done') return dialogSaying(TITLE, 'Done. The answer is in your messages.');
  const problems = Object.values(outcome.errors).join(' ');
  try {
    const [bot, caller] = [answers.botFor(delivery), await answers.caller(delivery)];
    return await answers.entries.dialogAgain(
      bot,
      caller,
      delivery.view?.draftId ?? '',
      `Nothing was done. ${problems}`,
    );
  } catch (error) {
    answers.ctx.log.warn({ err: error }, 'slack: a late dialog could not be drawn again');
    return dialogSaying(TITLE, `Nothing was done. Open the dialog again and mend this:\n${escapeMrkdwn(problems)}`);
  }
}

/** What an external select may choose from. No list is better than a late one: then, and when it is refused, it is empty. */
export async function dialogOptions(
  answers: Answers,
  delivery: Delivery,
  actionId: string,
  query: string,
  ack: Ack,
): Promise<void> {
  const { ctx, entries } = answers;
  const work = (async () => {
    if (!(await isFirst(ctx, delivery))) return [];
    const place = placeOf(delivery);
    const caller: Caller = await answers.caller(delivery);
    if (!place) return [];
    return entries.dialogOptions(answers.botFor(delivery), caller, place.draftId, actionId, query);
  })().catch((error: unknown) => {
    sentenceOf(ctx, error, `options of ${actionId}`);
    return [];
  });
  const first = await inTime(work, delivery.arrival, answers.answerMs);
  const options = (first.done ? first.value : []).map(({ text, value }) => ({
    text: { type: 'plain_text', text },
    value,
  }));
  await acknowledged(ctx, ack, { options });
}

function placeOf({ view, state }: Delivery): DialogPlace | null {
  return view && view.draftId !== '' ? { draftId: view.draftId, viewId: view.id, hash: view.hash, state } : null;
}
