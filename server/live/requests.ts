import { z } from 'zod';
import { idParam } from '../contracts/endpoint.ts';
import type { ClientEvents } from '../contracts/live.ts';
import { mayDo, type Action } from '../domain/permission.ts';
import type { BoardStream, FollowAnswer } from './board-stream.ts';
import type { LogStream } from './log-stream.ts';
import type { LiveSocket } from './socket.ts';

const followBoard = z.object({ since: z.string().max(50) });
const followLog = z.object({ taskId: idParam, from: z.number().int().min(0) });
const unfollowLog = z.object({ taskId: idParam });
const answerable = z.custom<(answer: FollowAnswer) => void>((value) => typeof value === 'function');

/** Every event that a client may send, and the action that guards it; `log:unfollow` only takes back what one asked for. */
export const clientEvents = {
  'board:follow': 'board.read',
  'log:follow': 'log.read',
  'log:unfollow': 'signed_in',
} as const satisfies Record<keyof ClientEvents, Action | 'signed_in'>;

/** Parses and calls. What is not of the contract is answered where it can be, and changes nothing. */
export function serveRequests(socket: LiveSocket, board: BoardStream, logs: LogStream): void {
  const guarded = async <T>(
    event: keyof typeof clientEvents,
    schema: z.ZodType<T>,
    request: unknown,
    answer: unknown,
    run: (input: T) => FollowAnswer | Promise<FollowAnswer>,
  ): Promise<void> => {
    const reply = answerable.safeParse(answer).data ?? (() => undefined);
    const input = schema.safeParse(request);
    const guard = clientEvents[event];
    if (guard !== 'signed_in' && !mayDo(socket.data.actor, guard).allowed) reply({ ok: false, code: 'not_permitted' });
    else if (!input.success) reply({ ok: false, code: 'malformed' });
    else reply(await Promise.resolve(run(input.data)).catch(() => ({ ok: false, code: 'unavailable' }) as const));
  };
  const events: { [E in keyof typeof clientEvents]: (request: unknown, answer?: unknown) => void } = {
    'board:follow': (request, answer) =>
      void guarded('board:follow', followBoard, request, answer, ({ since }) => board.follow(socket, since)),
    'log:follow': (request, answer) =>
      void guarded('log:follow', followLog, request, answer, ({ taskId, from }) => logs.follow(socket, taskId, from)),
    'log:unfollow': (request, answer) =>
      void guarded('log:unfollow', unfollowLog, request, answer, ({ taskId }) => {
        logs.unfollow(socket, taskId);
        return { ok: true };
      }),
  };
  for (const event of Object.keys(events) as (keyof typeof events)[]) socket.on(event, events[event]);
  socket.on('disconnect', () => {
    board.forget(socket);
    logs.forget(socket);
  });
}
