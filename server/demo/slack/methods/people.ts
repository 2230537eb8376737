import { SlackProblem } from '../problem.ts';
import {
  directMessage,
  messagesIn,
  type Json,
  type SlackChannel,
  type SlackUser,
  type Workspace,
} from '../workspace.ts';
import { messageObject } from '../messages.ts';
import { knownChannel } from './chat.ts';

export function usersInfo(workspace: Workspace, args: Json): Json {
  const user = workspace.users.get(String(args['user']));
  if (!user) throw new SlackProblem('user_not_found');
  return { user: userObject(workspace, user) };
}

export function lookupByEmail(workspace: Workspace, args: Json): Json {
  const user = [...workspace.users.values()].find(({ email }) => email !== undefined && email === args['email']);
  if (!user) throw new SlackProblem('users_not_found');
  return { user: userObject(workspace, user) };
}

export function conversationsInfo(workspace: Workspace, args: Json): Json {
  return { channel: channelObject(workspace, knownChannel(workspace, args['channel'])) };
}

export function conversationsMembers(workspace: Workspace, args: Json): Json {
  const members = [...knownChannel(workspace, args['channel']).members];
  return { members, response_metadata: { next_cursor: '' } };
}

export function conversationsOpen(workspace: Workspace, args: Json): Json {
  const users = String(args['users'] ?? '').split(',');
  if (users.length !== 1) throw new SlackProblem('method_not_supported_for_channel_type');
  if (!workspace.users.has(users[0] as string)) throw new SlackProblem('user_not_found');
  return { channel: { id: directMessage(workspace, users[0] as string).id } };
}

export function conversationsHistory(workspace: Workspace, args: Json): Json {
  const channel = knownChannel(workspace, args['channel']);
  const shown = messagesIn(workspace, channel.id).filter(
    ({ onlyFor, threadTs, broadcast }) => onlyFor === null && (threadTs === null || broadcast),
  );
  return page(workspace, args, shown.reverse());
}

export function conversationsReplies(workspace: Workspace, args: Json): Json {
  const channel = knownChannel(workspace, args['channel']);
  const shown = messagesIn(workspace, channel.id).filter(
    ({ onlyFor, threadTs, ts }) => onlyFor === null && (threadTs === args['ts'] || ts === args['ts']),
  );
  if (shown.length === 0) throw new SlackProblem('thread_not_found');
  return page(workspace, args, shown);
}

function page(workspace: Workspace, args: Json, messages: Parameters<typeof messageObject>[1][]): Json {
  const limit = Number(args['limit'] ?? 100);
  const { oldest = '0', latest = '9999999999' } = args as Record<string, string>;
  const found = messages.filter(({ ts }) => Number(ts) > Number(oldest) && Number(ts) <= Number(latest));
  return {
    messages: found.slice(0, limit).map((message) => messageObject(workspace, message)),
    has_more: found.length > limit,
    response_metadata: { next_cursor: '' },
  };
}

function userObject(workspace: Workspace, user: SlackUser): Json {
  const mayKnowEmail = workspace.scopes.includes('users:read.email');
  return {
    id: user.id,
    team_id: user.team ?? workspace.team,
    name: user.name,
    real_name: user.realName,
    deleted: user.deleted ?? false,
    tz: 'Europe/Berlin',
    profile: {
      real_name: user.realName,
      display_name: user.name,
      ...(mayKnowEmail && user.email !== undefined ? { email: user.email } : {}),
    },
    is_email_confirmed: user.email !== undefined,
    is_bot: user.isBot ?? false,
    is_restricted: user.isRestricted ?? false,
    is_ultra_restricted: user.isUltraRestricted ?? false,
    ...(user.team === undefined || user.team === workspace.team ? {} : { is_stranger: true }),
  };
}

function channelObject(workspace: Workspace, channel: SlackChannel): Json {
  const isShared = channel.isExtShared ?? false;
  return {
    id: channel.id,
    name: channel.name,
    is_channel: channel.im === undefined && !channel.isPrivate,
    is_group: channel.isPrivate ?? false,
    is_im: channel.im !== undefined,
    is_mpim: false,
    is_private: channel.isPrivate ?? channel.im !== undefined,
    is_archived: channel.isArchived ?? false,
    is_shared: isShared,
    is_ext_shared: isShared,
    is_org_shared: false,
    is_member: channel.members.has(workspace.botUser),
    num_members: channel.members.size,
    ...(channel.im === undefined ? {} : { user: channel.im }),
  };
}
