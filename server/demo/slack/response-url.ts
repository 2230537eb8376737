import { addMessage, deleteMessage, editMessage } from './messages.ts';
import { content } from './methods/chat.ts';
import { SlackProblem } from './problem.ts';
import type { Json, ResponseUrl, Workspace } from './workspace.ts';

const uses = 5;
const livesMs = 30 * 60_000;

/** What the link for answers does with what is sent to it: five times, for half an hour. */
export function answerResponse(workspace: Workspace, path: string, body: unknown): { status: number; text: string } {
  const link = workspace.responseUrls.get(path);
  if (!link) return { status: 404, text: 'no_service' };
  if (workspace.now() - link.madeAt > livesMs) return { status: 404, text: 'expired_url' };
  if (link.uses >= uses) return { status: 404, text: 'used_url' };
  link.uses += 1;
  if (typeof body !== 'object' || body === null) return { status: 400, text: 'invalid_payload' };
  try {
    show(workspace, link, body as Json);
    return { status: 200, text: 'ok' };
  } catch (error) {
    if (error instanceof SlackProblem) return { status: 400, text: error.message };
    throw error;
  }
}

/** Shows an answer to a command or a click: to the person alone, unless it says otherwise. */
export function show(
  workspace: Workspace,
  link: Pick<ResponseUrl, 'channel' | 'user' | 'message'>,
  answer: Json,
): void {
  if (answer['delete_original'] === true && link.message) return deleteMessage(workspace, link.message);
  const { text, blocks } = content(workspace, answer);
  if (answer['replace_original'] === true && link.message) return editMessage(workspace, link.message, text, blocks);
  addMessage(workspace, {
    channel: link.channel,
    user: workspace.botUser,
    text,
    blocks,
    threadTs: typeof answer['thread_ts'] === 'string' ? answer['thread_ts'] : null,
    onlyFor: answer['response_type'] === 'in_channel' ? null : link.user,
  });
}
