import { z } from 'zod';
import { idParam } from '../contracts/endpoint.ts';
import { mayDo, type Action } from '../domain/permission.ts';
import type { BoardStream, FollowAnswer } from './board-stream.ts';
import type { LogStream } from './log-stream.ts';
import type { LiveSocket } from './socket.ts';

const followBoard = z.object({ since: z.string().max(50) });
const followLog = z.object({ taskId: idParam, from: z.number().int().min(0) });
const unfollowLog = z.object({ taskId: idParam });
const answerable = z.custom<(answer: FollowAnswer) => void>((value) => typeof value === 'function');

/** Parses and calls. What is not of the contract is answered where it can be, and changes nothing. */
export function serveRequests(socket: LiveSocket, board: BoardStream, logs: LogStream): void {
  const guarded = async <T>(
    action: Action,
    schema: z.ZodType<T>,
    request: unknown,
    answer: unknown,
    run: (input: T) => FollowAnswer | Promise<FollowAnswer>,
  ): Promise<void> => {
    const reply = answerable.safeParse(answer).data ?? (() => undefined);
    const input = schema.safeParse(request);
    if (!mayDo(socket.data.actor, action).allowed) reply({ ok: false, code: 'not_permitted' });
    else if (!input.success) reply({ ok: false, code: 'malformed' });
    else reply(await Promise.resolve(run(input.data)).catch(() => ({ ok: false, code: 'unavailable' }) as const));
  };
  socket.on('board:follow', (request, answer) => {
    void guarded('board.read', followBoard, request, answer, ({ since }) => board.follow(socket, since));
  });
  socket.on('log:follow', (request, answer) => {
    void guarded('log.read', followLog, request, answer, ({ taskId, from }) => logs.follow(socket, taskId, from));
  });
  socket.on('log:unfollow', (request) => {
    const input = unfollowLog.safeParse(request);
    if (input.success) logs.unfollow(socket, input.data.taskId);
  });
  socket.on('disconnect', () => {
    board.forget(socket);
    logs.forget(socket);
  });
}
