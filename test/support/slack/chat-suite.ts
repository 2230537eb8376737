/** What every test of the renderer begins with: one world and one workspace for a file, a process that sends for each test. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { readToEnd } from '../../../server/services/slack/reader.ts';
import { rollouts } from '../rollout.ts';
import { declareFleet, publish } from '../world.ts';
import { openChat, type Chat } from './renderer.ts';

export const MINUTE = 60_000;

/** Registers the hooks of the file; `opened` is called once the world is there. */
export function useChat(opened: (chat: Chat, rollout: ReturnType<typeof rollouts>) => void): void {
  let chat: Chat;
  beforeAll(async () => {
    chat = await openChat({ SIGNALBOX_BAKE_MS: '0' });
    opened(chat, rollouts(chat.world));
  });
  beforeEach(async () => {
    chat.slack.faults.heal();
    chat.slack.workspace.messages.length = 0;
    chat.slack.workspace.received.length = 0;
    await readToEnd(chat.world.ctx);
    await chat.open();
  });
  afterEach(() => chat.world.clear());
  afterAll(() => chat.close());
}

/** Hosts with releases 1 and 2 on the server; what happened before is not in Slack. */
export async function ready({ world }: Chat, targets: number): Promise<number[]> {
  await declareFleet(world, { targets });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollouts(world).download([1, 2]);
  await forget(world);
  return Array.from({ length: targets }, (_, i) => i + 1);
}

/** What happened up to now is not in Slack. */
export async function forget({ ctx }: Chat['world']): Promise<void> {
  await readToEnd(ctx);
  await ctx.db.$client`truncate slack_message`;
}

export const messages = ({ world }: Chat) => world.ctx.db.$client<
  { part: string; purpose: string; due_at: Date | null; final: boolean }[]
>`
  select purpose, part, due_at, final from slack_message order by id`;

export const stillDue = async (chat: Chat) => (await messages(chat)).filter(({ due_at }) => due_at !== null);

/** No minute has more posts and updates than the settings allow, no channel two posts a second, no message two changes in three. */
export function expectPaced(chat: Chat, perMinute = 45): void {
  const times = chat.sends().map(({ at }) => at);
  for (const [i, at] of times.entries()) {
    expect(times.filter((other, j) => j >= i && other - at < MINUTE).length).toBeLessThanOrEqual(perMinute);
  }
  const posts = chat.sends().filter(({ kind }) => kind === 'post');
  for (const of of Map.groupBy(posts, ({ channel }) => channel).values()) expectApart(of, 1_000);
  for (const of of Map.groupBy(chat.sends(), ({ channel, ts }) => `${channel} ${ts}`).values()) expectApart(of, 3_000);
}

function expectApart(sends: readonly { at: number }[], ms: number): void {
  sends.slice(1).forEach(({ at }, i) => expect(at - sends[i]!.at).toBeGreaterThanOrEqual(ms));
}
