import { SlackProblem } from './problem.ts';
import * as chat from './methods/chat.ts';
import { authTest, openConnection } from './methods/connection.ts';
import * as files from './methods/files.ts';
import * as people from './methods/people.ts';
import * as views from './methods/views.ts';
import type { Json, Workspace } from './workspace.ts';

interface Method {
  readonly run: (workspace: Workspace, args: Json) => Json;
  /** Any one of them is enough; empty: none is needed. */
  readonly scopes: readonly string[];
}

const method = (run: Method['run'], ...scopes: string[]): Method => ({ run, scopes });
const readsChannels = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const readsHistory = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];

/** Of Slack's Web API what the product uses, and the scope that each asks for. */
const methods: Readonly<Record<string, Method>> = {
  'auth.test': method(authTest),
  'chat.postMessage': method(chat.postMessage, 'chat:write'),
  'chat.update': method(chat.update, 'chat:write'),
  'chat.delete': method(chat.remove, 'chat:write'),
  'chat.postEphemeral': method(chat.postEphemeral, 'chat:write'),
  'chat.getPermalink': method(chat.getPermalink),
  'views.open': method(views.open),
  'views.push': method(views.push),
  'views.update': method(views.update),
  'users.info': method(people.usersInfo, 'users:read'),
  'users.lookupByEmail': method(people.lookupByEmail, 'users:read.email'),
  'conversations.info': method(people.conversationsInfo, ...readsChannels),
  'conversations.members': method(people.conversationsMembers, ...readsChannels),
  'conversations.open': method(people.conversationsOpen, 'im:write'),
  'conversations.history': method(people.conversationsHistory, ...readsHistory),
  'conversations.replies': method(people.conversationsReplies, ...readsHistory),
  'files.getUploadURLExternal': method(files.getUploadUrl, 'files:write'),
  'files.completeUploadExternal': method(files.completeUpload, 'files:write'),
};

/** What Slack would answer to this call. Never throws for what a client can send. */
export function answerCall(workspace: Workspace, name: string, args: Json, token: string, socketMode: boolean): Json {
  try {
    return { ok: true, ...run(workspace, name, args, token, socketMode) };
  } catch (error) {
    if (error instanceof SlackProblem) return error.answer;
    throw error;
  }
}

function run(workspace: Workspace, name: string, args: Json, token: string, socketMode: boolean): Json {
  if (token === '') throw new SlackProblem('not_authed');
  if (name === 'apps.connections.open') {
    if (token === workspace.botToken) throw new SlackProblem('not_allowed_token_type');
    if (token !== workspace.appToken) throw new SlackProblem('invalid_auth');
    return openConnection(workspace, socketMode);
  }
  const found = methods[name];
  if (!found) throw new SlackProblem('unknown_method', { req_method: name });
  if (token !== workspace.botToken) throw new SlackProblem('invalid_auth');
  const { scopes } = found;
  if (scopes.length > 0 && !scopes.some((scope) => workspace.scopes.includes(scope))) {
    throw new SlackProblem('missing_scope', { needed: scopes.join(','), provided: workspace.scopes.join(',') });
  }
  return found.run(workspace, args);
}
