import { addMessage, deleteMessage, editMessage, findMessage, messageObject } from '../messages.ts';
import { invalid, SlackProblem } from '../problem.ts';
import { directMessage, type Json, type SlackChannel, type SlackMessage, type Workspace } from '../workspace.ts';

export function postMessage(workspace: Workspace, args: Json): Json {
  const channel = writableChannel(workspace, args['channel']);
  const { text, blocks } = content(workspace, args);
  const message = addMessage(workspace, {
    channel: channel.id,
    user: workspace.botUser,
    text,
    blocks,
    threadTs: threadOf(args),
    broadcast: args['reply_broadcast'] === true,
    metadata: (args['metadata'] as Json | undefined) ?? null,
  });
  return { channel: channel.id, ts: message.ts, message: messageObject(workspace, message) };
}

export function update(workspace: Workspace, args: Json): Json {
  const channel = knownChannel(workspace, args['channel']);
  const message = own(workspace, channel, args['ts'], 'cant_update_message');
  const { text, blocks } = content(workspace, args);
  editMessage(workspace, message, text, blocks);
  return { channel: channel.id, ts: message.ts, text, message: messageObject(workspace, message) };
}

export function remove(workspace: Workspace, args: Json): Json {
  const channel = knownChannel(workspace, args['channel']);
  const message = own(workspace, channel, args['ts'], 'cant_delete_message');
  deleteMessage(workspace, message);
  return { channel: channel.id, ts: message.ts };
}

export function postEphemeral(workspace: Workspace, args: Json): Json {
  const channel = writableChannel(workspace, args['channel']);
  const user = String(args['user'] ?? '');
  if (!channel.members.has(user)) throw new SlackProblem('user_not_in_channel');
  const { text, blocks } = content(workspace, args);
  const message = addMessage(workspace, {
    channel: channel.id,
    user: workspace.botUser,
    text,
    blocks,
    threadTs: threadOf(args),
    onlyFor: user,
  });
  return { message_ts: message.ts };
}

export function getPermalink(workspace: Workspace, args: Json): Json {
  const channel = knownChannel(workspace, args['channel']);
  const message = findMessage(workspace, channel.id, args['message_ts']);
  if (!message) throw new SlackProblem('message_not_found');
  const page = `https://${workspace.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}`;
  const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  return { channel: channel.id, permalink: page + thread };
}

/** As `chat.postMessage` finds it: an ID, or a user, whose direct message is opened. */
export function writableChannel(workspace: Workspace, id: unknown): SlackChannel {
  if (typeof id === 'string' && workspace.users.has(id)) return directMessage(workspace, id);
  const channel = knownChannel(workspace, id);
  if (channel.isArchived) throw new SlackProblem('is_archived');
  if (!channel.members.has(workspace.botUser)) throw new SlackProblem('not_in_channel');
  return channel;
}

export function knownChannel(workspace: Workspace, id: unknown): SlackChannel {
  const channel = workspace.channels.get(String(id));
  // Slack does not say that a private channel exists to those who are not in it.
  if (!channel || (channel.isPrivate && !channel.members.has(workspace.botUser))) {
    throw new SlackProblem('channel_not_found');
  }
  return channel;
}

function own(workspace: Workspace, channel: SlackChannel, ts: unknown, otherwise: string): SlackMessage {
  const message = findMessage(workspace, channel.id, ts);
  if (!message) throw new SlackProblem('message_not_found');
  if (message.user !== workspace.botUser) throw new SlackProblem(otherwise);
  return message;
}

function threadOf(args: Json): string | null {
  const { thread_ts: ts } = args;
  if (ts === undefined || ts === '') return null;
  if (typeof ts !== 'string' || !/^\d{10}\.\d{6}$/.test(ts)) throw new SlackProblem('invalid_thread_ts');
  return ts;
}

/** What a message says, once Slack would have taken it. */
export function content(workspace: Workspace, args: Json): { text: string; blocks: Json[] } {
  const { text = '', blocks = [] } = args;
  if (typeof text !== 'string') throw new SlackProblem('invalid_arguments');
  if (!Array.isArray(blocks)) throw new SlackProblem('invalid_blocks_format');
  if (text === '' && blocks.length === 0) throw new SlackProblem('no_text');
  if (text.length > 40_000) throw new SlackProblem('msg_too_long');
  if (blocks.length > 50) throw invalid('invalid_blocks', 'no more than 50 items allowed [json-pointer:/blocks]');
  const problem = workspace.check('message', args);
  if (problem) throw new SlackProblem(problem.error, problem);
  return { text, blocks: blocks as Json[] };
}
