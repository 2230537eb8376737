import { messageObject } from './messages.ts';
import { viewObject } from './methods/views.ts';
import {
  makeResponseUrl,
  makeTrigger,
  nextId,
  nextTs,
  type Json,
  type SlackMessage,
  type SlackUser,
  type SlackView,
  type Workspace,
} from './workspace.ts';

/** What Slack sends to an app, built from what is in the workspace. */

export function commandPayload(workspace: Workspace, user: SlackUser, channel: string, text: string): Json {
  return {
    token: 'not-used-any-more',
    team_id: user.team ?? workspace.team,
    team_domain: workspace.domain,
    channel_id: channel,
    channel_name: channelName(workspace, channel),
    user_id: user.id,
    user_name: user.name,
    command: workspace.command,
    text,
    api_app_id: workspace.appId,
    is_enterprise_install: 'false',
    response_url: makeResponseUrl(workspace, 'commands', { channel, user: user.id, message: null }),
    trigger_id: makeTrigger(workspace, user.id),
  };
}

/** A press of a button, or a choice, in a message. */
export function messageActionPayload(workspace: Workspace, user: SlackUser, message: SlackMessage, action: Json): Json {
  const { channel, ts, threadTs } = message;
  return {
    ...interaction(workspace, user, 'block_actions'),
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel,
      is_ephemeral: message.onlyFor !== null,
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
    },
    trigger_id: makeTrigger(workspace, user.id),
    channel: { id: channel, name: channelName(workspace, channel) },
    // Slack leaves the message out where only one person sees it.
    ...(message.onlyFor === null ? { message: messageObject(workspace, message) } : {}),
    state: { values: {} },
    response_url: makeResponseUrl(workspace, 'actions', { channel, user: user.id, message }),
    actions: [{ ...action, action_ts: nextTs(workspace) }],
  };
}

/** A press of a button, or a choice, in a dialog. */
export function viewActionPayload(workspace: Workspace, user: SlackUser, view: SlackView, action: Json): Json {
  return {
    ...interaction(workspace, user, 'block_actions'),
    container: { type: 'view', view_id: view.id },
    trigger_id: makeTrigger(workspace, user.id, view.id),
    view: viewObject(workspace, view),
    actions: [{ ...action, action_ts: nextTs(workspace) }],
  };
}

export function submissionPayload(workspace: Workspace, user: SlackUser, view: SlackView): Json {
  return {
    ...interaction(workspace, user, 'view_submission'),
    trigger_id: makeTrigger(workspace, user.id, view.id),
    view: viewObject(workspace, view),
    response_urls: [],
  };
}

export function closedPayload(workspace: Workspace, user: SlackUser, view: SlackView): Json {
  return {
    ...interaction(workspace, user, 'view_closed'),
    view: viewObject(workspace, view),
    is_cleared: false,
  };
}

export function suggestionPayload(
  workspace: Workspace,
  user: SlackUser,
  view: SlackView,
  field: { actionId: string; blockId: string; query: string },
): Json {
  return {
    ...interaction(workspace, user, 'block_suggestion'),
    action_id: field.actionId,
    block_id: field.blockId,
    value: field.query,
    container: { type: 'view', view_id: view.id },
    view: viewObject(workspace, view),
  };
}

/** Somebody names the bot in a message. */
export function mentionPayload(workspace: Workspace, message: SlackMessage): Json {
  const { user, text, ts, channel, threadTs } = message;
  return {
    token: 'not-used-any-more',
    team_id: workspace.team,
    context_team_id: workspace.team,
    api_app_id: workspace.appId,
    event: {
      type: 'app_mention',
      user,
      text,
      ts,
      channel,
      event_ts: ts,
      team: workspace.users.get(user)?.team ?? workspace.team,
      blocks: message.blocks,
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
    },
    type: 'event_callback',
    event_id: nextId(workspace, 'Ev'),
    event_time: Math.floor(workspace.now() / 1_000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.team,
        user_id: workspace.botUser,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: workspace.channels.get(channel)?.isExtShared ?? false,
    event_context: `4-${nextId(workspace, 'e')}`,
  };
}

function interaction(workspace: Workspace, user: SlackUser, type: string): Json {
  return {
    type,
    token: 'not-used-any-more',
    team: { id: workspace.team, domain: workspace.domain },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.team ?? workspace.team },
    api_app_id: workspace.appId,
    enterprise: null,
    is_enterprise_install: false,
  };
}

function channelName(workspace: Workspace, id: string): string {
  const channel = workspace.channels.get(id);
  if (channel?.im !== undefined) return 'directmessage';
  return channel?.isPrivate ? 'privategroup' : (channel?.name ?? 'unknown');
}
