/** Cards in a world whose clock moves by hand: the real renderer, turn by turn, against the stand-in of Slack. */
import { slackClients } from '../../../bot/slack/clients.ts';
import { openSender, type Sender } from '../../../bot/render/sender.ts';
import { slackOf } from '../../../bot/render/web-api.ts';
import type { SlackConfig } from '../../../server/config.ts';
import type { SlackMessage, WorkspaceOptions } from '../../../server/demo/slack/workspace.ts';
import { noteLag } from '../../../server/services/slack/messages.ts';
import { readToEnd } from '../../../server/services/slack/reader.ts';
import { openWorld, type World } from '../world.ts';
import { openWorkspace, type TestWorkspace } from './workspace.ts';

export interface Chat {
  world: World;
  slack: TestWorkspace;
  /** A process that sends; what it knew goes with it when another is opened. */
  open(): Promise<Sender>;
  /** Reads the log and sends until nothing can be sent at this instant. */
  settle(sender?: Sender): Promise<void>;
  /** Lets time pass, step by step, settling in each. */
  pass(ms: number, stepMs?: number): Promise<void>;
  /** Calls that Slack took which post or change a message. */
  sends(): { at: number; kind: 'post' | 'update'; channel: string; ts: string }[];
  /** The only message of this channel, outside of threads, whose text holds these words. */
  card(channel: string, words: string): SlackMessage;
  /** All that a message says. */
  words(message: SlackMessage): string;
  close(): Promise<void>;
}

/** Every test begins with `world.clear()` and a new process. */
export async function openChat(settings: Record<string, string> = {}, standIn: WorkspaceOptions = {}): Promise<Chat> {
  const time: { now: () => number } = { now: () => Date.now() };
  const slack = await openWorkspace({ now: () => time.now(), ...standIn });
  const world = await openWorld({ SIGNALBOX_URL: 'https://signalbox.example', ...slack.settings(), ...settings });
  time.now = () => world.time.now;
  const { ctx } = world;
  const api = slackOf(slackClients(ctx.config.slack as SlackConfig, ctx.log).background);
  let current: Sender | undefined;

  async function settle(sender?: Sender): Promise<void> {
    sender ??= current ??= await chat.open();
    do await readToEnd(ctx);
    while ((await sender.turn()).kind === 'looked');
    await noteLag(ctx);
  }

  const chat: Chat = {
    world,
    slack,
    open: async () => (current = await openSender(ctx, api)),
    settle,
    async pass(ms, stepMs = 1_000) {
      for (const end = world.time.now + ms; world.time.now < end;) {
        world.time.now = Math.min(end, world.time.now + stepMs);
        await settle();
      }
    },
    sends: () =>
      slack
        .calls()
        .filter(
          ({ method, answer }) => answer['ok'] === true && (method === 'chat.postMessage' || method === 'chat.update'),
        )
        .map(({ at, method, args, answer }) => ({
          at,
          kind: method === 'chat.update' ? 'update' : 'post',
          channel: String(args['channel']),
          ts: String(answer['ts']),
        })),
    card(channel, words) {
      const found = slack.posts(channel).filter((message) => chat.words(message).includes(words));
      if (found.length === 1) return found[0] as SlackMessage;
      const said = slack.posts(channel).map(({ text }) => text);
      throw new Error(`${found.length} messages in ${channel} say "${words}": ${JSON.stringify(said)}`);
    },
    words: ({ text, blocks }) => `${text}\n${JSON.stringify(blocks)}`,
    async close() {
      await world.close();
      await slack.close();
    },
  };
  return chat;
}
