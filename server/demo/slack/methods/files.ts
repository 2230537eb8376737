import { addMessage, fileObject } from '../messages.ts';
import { SlackProblem } from '../problem.ts';
import { nextId, type Json, type SlackFile, type Workspace } from '../workspace.ts';
import { writableChannel } from './chat.ts';

export function getUploadUrl(workspace: Workspace, args: Json): Json {
  const length = Number(args['length']);
  const name = String(args['filename'] ?? '');
  if (name === '' || !(length > 0)) throw new SlackProblem('invalid_arguments');
  const file: SlackFile = { id: nextId(workspace, 'F'), name, title: name, length, content: null, completed: false };
  workspace.files.set(file.id, file);
  return { upload_url: `${workspace.origin}/upload/v1/${file.id}`, file_id: file.id };
}

/** The bytes themselves, at the address that was given out. Answers with what Slack's upload server says. */
export function receiveUpload(workspace: Workspace, id: string, content: Buffer): { status: number; text: string } {
  const file = workspace.files.get(id);
  if (!file || file.completed) return { status: 404, text: 'file not found' };
  file.content = content;
  return { status: 200, text: `OK - ${content.length}` };
}

export function completeUpload(workspace: Workspace, args: Json): Json {
  const asked = args['files'] as { id: string; title?: string }[] | undefined;
  const files = (asked ?? []).map(({ id, title }) => {
    const file = workspace.files.get(id);
    if (!file || file.content === null || file.completed) throw new SlackProblem('file_not_found');
    file.title = title ?? file.name;
    return file;
  });
  if (files.length === 0) throw new SlackProblem('invalid_arguments');
  const channel = args['channel_id'] === undefined ? null : writableChannel(workspace, args['channel_id']);
  for (const file of files) file.completed = true;
  if (channel) {
    addMessage(workspace, {
      channel: channel.id,
      user: workspace.botUser,
      text: String(args['initial_comment'] ?? ''),
      blocks: (args['blocks'] as Json[] | undefined) ?? [],
      threadTs: (args['thread_ts'] as string | undefined) ?? null,
      files,
    });
  }
  return { files: files.map((file) => fileObject(workspace, file)) };
}
