import { nextId, nextTs, type Json, type SlackFile, type SlackMessage, type Workspace } from './workspace.ts';

export interface NewMessage {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly threadTs?: string | null;
  readonly broadcast?: boolean;
  readonly files?: readonly SlackFile[];
  readonly onlyFor?: string | null;
  readonly metadata?: Json | null;
}

export function addMessage(workspace: Workspace, message: NewMessage): SlackMessage {
  const added: SlackMessage = {
    channel: message.channel,
    ts: nextTs(workspace),
    user: message.user,
    text: message.text,
    blocks: withIds(workspace, message.blocks),
    threadTs: message.threadTs ?? null,
    broadcast: message.broadcast ?? false,
    files: message.files ?? [],
    onlyFor: message.onlyFor ?? null,
    metadata: message.metadata ?? null,
    sentAt: workspace.now(),
    editedAt: null,
    deletedAt: null,
    edits: 0,
  };
  workspace.messages.push(added);
  workspace.version += 1;
  return added;
}

export function editMessage(workspace: Workspace, message: SlackMessage, text: string, blocks: readonly Json[]): void {
  message.text = text;
  message.blocks = withIds(workspace, blocks);
  message.editedAt = workspace.now();
  message.edits += 1;
  workspace.version += 1;
}

/** As if somebody had deleted it in Slack. */
export function deleteMessage(workspace: Workspace, message: SlackMessage): void {
  message.deletedAt = workspace.now();
  workspace.version += 1;
}

/** Slack gives every block an id; a click names it. */
export function withIds(workspace: Workspace, blocks: readonly Json[]): Json[] {
  return blocks.map((block) => ({ ...block, block_id: block['block_id'] ?? nextId(workspace, 'b') }));
}

/** A message as the Web API and payloads show it. */
export function messageObject(workspace: Workspace, message: SlackMessage): Json {
  const byBot = message.user === workspace.botUser;
  return {
    type: 'message',
    ...(byBot ? { bot_id: workspace.botId, app_id: workspace.appId } : {}),
    user: message.user,
    team: workspace.team,
    ts: message.ts,
    text: message.text,
    blocks: message.blocks,
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs, parent_user_id: workspace.botUser }),
    ...(message.metadata === null ? {} : { metadata: message.metadata }),
    ...(message.editedAt === null ? {} : { edited: { user: message.user, ts: message.ts } }),
    ...(message.files.length === 0
      ? {}
      : { files: message.files.map((file) => fileObject(workspace, file)), upload: true }),
  };
}

export function fileObject(workspace: Workspace, file: SlackFile): Json {
  const page = `https://${workspace.domain}.slack.com/files/${workspace.botUser}/${file.id}`;
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    size: file.length,
    user: workspace.botUser,
    permalink: `${page}/${encodeURIComponent(file.name.toLowerCase())}`,
  };
}

/** The message, if it can still be changed. Those for one person cannot be. */
export function findMessage(workspace: Workspace, channel: unknown, ts: unknown): SlackMessage | undefined {
  return workspace.messages.find(
    (message) =>
      message.channel === channel && message.ts === ts && message.deletedAt === null && message.onlyFor === null,
  );
}
