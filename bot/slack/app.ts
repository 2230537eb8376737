import { App, SocketModeReceiver, type Context as BoltContext, type Receiver } from '@slack/bolt';
import type { SlackConfig } from '../../server/config.ts';
import type { Context } from '../../server/services/context.ts';
import type { Entries } from '../entries.ts';
import { answering, type Ack } from './answers.ts';
import { clientOptions, quietLogger, type SlackClients } from './clients.ts';
import { readCommand, readInteraction, readMention } from './delivery.ts';
import { dialogChanged, dialogOptions, dialogSubmitted } from './dialog-answers.ts';
import { arrivedNow, type Arrival } from './in-time.ts';
import type { Connection } from './keep-connected.ts';

/**
 * Bolt, with everything that Slack may send wired to an answer. `authorize` never fails and asks nobody: who may speak is
 * settled where the answer is made, since what Bolt refuses is answered with silence.
 */
export function slackApp(
  ctx: Context,
  slack: SlackConfig,
  { interactive }: SlackClients,
  parts: { receiver: Receiver; connection: Connection; entries: Entries },
): { drained(): Promise<void> } {
  const app = new App({
    receiver: parts.receiver,
    authorize: () => Promise.resolve(parts.connection.self() ?? {}),
    logger: quietLogger(ctx.log),
    clientOptions: clientOptions(slack, ctx.log, 4_000),
    // Its memory of conversations is never emptied.
    convoStore: false,
    attachFunctionToken: false,
  });
  const answers = answering(ctx, slack, interactive, parts.entries);
  const underWay = new Set<Promise<void>>();
  /** What is malformed is refused here, before anything is done; what a handler threw would otherwise end unanswered. */
  const tracked = async (work: Promise<void>): Promise<void> => {
    underWay.add(work);
    await work.finally(() => underWay.delete(work));
  };

  app.command(/.*/, ({ body, ack, context }) => {
    const { delivery, name, text } = readCommand(body, arrivalIn(context));
    return tracked(answers.command(delivery, name, text, ack as Ack));
  });
  app.event('app_mention', ({ body, context }) => {
    const { delivery, text } = readMention(body, arrivalIn(context));
    return tracked(answers.mention(delivery, text));
  });
  app.action(/.*/, ({ body, ack, context }) => {
    const { delivery, actionId, value } = readInteraction(body, arrivalIn(context));
    if (actionId.startsWith('link.')) return (ack as Ack)();
    if (delivery.view) return tracked(dialogChanged(answers, delivery, actionId, ack as Ack));
    return tracked(answers.button(delivery, actionId, value, ack as Ack));
  });
  app.options(/.*/, ({ body, ack, context }) => {
    const { delivery, actionId, value } = readInteraction(body, arrivalIn(context));
    return tracked(dialogOptions(answers, delivery, actionId, value, ack as Ack));
  });
  app.view(/.*/, ({ body, ack, context }) => {
    const { delivery } = readInteraction(body, arrivalIn(context));
    return tracked(dialogSubmitted(answers, delivery, ack as Ack));
  });
  // The receiver turns it into its refusal; without this handler Bolt logs it as an error of its own.
  app.error((error) => Promise.reject(error));

  return { drained: async () => void (await Promise.allSettled(underWay)) };
}

/** Where the transport has noted it; Socket Mode's envelopes come over a line that has proved itself. */
function arrivalIn(context: BoltContext): Arrival {
  return (context['arrival'] as Arrival | undefined) ?? arrivedNow();
}

/**
 * Socket Mode without its own reconnecting, which leaves a promise unhandled, and so ends the process, when Slack is away
 * in that moment (@slack/socket-mode 3.0).
 */
export function socketReceiver(ctx: Context, slack: SlackConfig & { appToken: string }): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken: slack.appToken,
    autoReconnectEnabled: false,
    customPropertiesExtractor: () => ({ arrival: arrivedNow() }),
    logger: quietLogger(ctx.log),
    installerOptions: { clientOptions: clientOptions(slack, ctx.log, 10_000) },
    processEventErrorHandler: ({ error }) => {
      ctx.log.warn({ err: error }, 'slack: a delivery was not understood');
      return Promise.resolve(true);
    },
  });
}
