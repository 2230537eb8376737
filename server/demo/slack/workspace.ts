import { randomBytes } from 'node:crypto';
import type { Delivered } from './deliver.ts';

/** A stand-in of one Slack workspace: what is in it, and what it has received. Instants in epoch milliseconds. */
export type Json = Record<string, unknown>;

export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email?: string;
  /** Of another workspace: somebody in a shared channel. */
  readonly team?: string;
  readonly isBot?: boolean;
  /** A guest. */
  readonly isRestricted?: boolean;
  readonly isUltraRestricted?: boolean;
  deleted?: boolean;
}

export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly members: Set<string>;
  readonly isPrivate?: boolean;
  /** The user at the other end of a direct message. */
  readonly im?: string;
  isArchived?: boolean;
  /** With another organisation. */
  isExtShared?: boolean;
}

export interface SlackFile {
  readonly id: string;
  readonly name: string;
  title: string;
  readonly length: number;
  content: Buffer | null;
  completed: boolean;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  text: string;
  /** As received, with the `block_id`s that Slack gives to blocks that have none. */
  blocks: Json[];
  readonly threadTs: string | null;
  readonly broadcast: boolean;
  readonly files: readonly SlackFile[];
  /** Who alone sees it; null: everybody in the channel. */
  readonly onlyFor: string | null;
  /** What the app put along for itself; nobody sees it. */
  readonly metadata: Json | null;
  readonly sentAt: number;
  editedAt: number | null;
  deletedAt: number | null;
  /** How often it was changed. */
  edits: number;
}

export interface SlackView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId: string | null;
  view: Json;
  hash: string;
  /** `block_id` → `action_id` → state as Slack sends it. */
  state: Record<string, Record<string, Json>>;
  /** What the app has complained about, by block. */
  errors: Readonly<Record<string, string>>;
  closed: boolean;
}

export interface ReceivedCall {
  readonly at: number;
  readonly method: string;
  /** Exactly what came, with JSON in form fields parsed. */
  readonly args: Json;
  readonly answer: Json;
}

/** What a link for answers (`response_url`) belongs to. */
export interface ResponseUrl {
  readonly channel: string;
  readonly user: string;
  /** The message whose button was pressed. */
  readonly message: SlackMessage | null;
  readonly madeAt: number;
  uses: number;
}

export interface Trigger {
  readonly user: string;
  /** The dialog it was made in: what `views.push` stacks upon. */
  readonly viewId: string | null;
  readonly madeAt: number;
  used: boolean;
}

/** What an answer to a slash command or click left behind for the person: their message, or Slack's own complaint. */
export interface Dispatch {
  readonly at: number;
  readonly kind: string;
  readonly payload: Json;
  readonly delivered: Delivered;
}

/** `options`: the answer to a type-ahead. */
export type CheckedKind = 'message' | 'view' | 'options';
/** What Slack would answer to a payload that it does not take; null: it takes it. */
export type Check = (kind: CheckedKind, payload: Json) => { readonly ok: false; readonly error: string } | null;

export interface WorkspaceOptions {
  readonly team?: string;
  readonly domain?: string;
  readonly users?: readonly SlackUser[];
  /** `members` are users; the bot is in it unless `bot` is false. */
  readonly channels?: readonly (Omit<SlackChannel, 'members'> & { members?: readonly string[]; bot?: boolean })[];
  readonly botToken?: string;
  readonly appToken?: string;
  readonly signingSecret?: string;
  /** Of the bot token, as the app's manifest asks for them; a method that needs another answers `missing_scope`. */
  readonly scopes?: readonly string[];
  readonly command?: string;
  readonly now?: () => number;
  /** How long it waits for the answer to what it sends; Slack waits for three seconds. */
  readonly patienceMs?: number;
  readonly check?: Check;
}

export interface Workspace {
  readonly team: string;
  readonly domain: string;
  readonly appId: string;
  readonly botUser: string;
  readonly botId: string;
  readonly command: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  scopes: readonly string[];
  check: Check;
  readonly now: () => number;
  readonly patienceMs: number;
  /** Where it listens, without a slash at the end. */
  origin: string;
  readonly users: Map<string, SlackUser>;
  readonly channels: Map<string, SlackChannel>;
  readonly messages: SlackMessage[];
  readonly views: Map<string, SlackView>;
  readonly files: Map<string, SlackFile>;
  readonly triggers: Map<string, Trigger>;
  readonly responseUrls: Map<string, ResponseUrl>;
  readonly received: ReceivedCall[];
  readonly dispatched: Dispatch[];
  /** Rises with every change; whoever shows the workspace looks again. */
  version: number;
  lastMicros: number;
  lastId: number;
}

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const botUser = 'U0SIGNALBX';
  const bot: SlackUser = { id: botUser, name: 'signalbox', realName: 'Signalbox', isBot: true };
  const users = [bot, ...(options.users ?? [])];
  return {
    team: options.team ?? 'T0SIGNAL01',
    domain: options.domain ?? 'signalbox-demo',
    appId: 'A0SIGNALBX',
    botUser,
    botId: 'B0SIGNALBX',
    command: options.command ?? '/release',
    botToken: options.botToken ?? `xoxb-1000000000001-${secret(12)}`,
    appToken: options.appToken ?? `xapp-1-A0SIGNALBX-${secret(12)}`,
    signingSecret: options.signingSecret ?? secret(16),
    scopes: options.scopes ?? [],
    check: options.check ?? (() => null),
    now: options.now ?? (() => Date.now()),
    patienceMs: options.patienceMs ?? 3_000,
    origin: '',
    users: new Map(users.map((user) => [user.id, { ...user }])),
    channels: new Map(
      (options.channels ?? []).map(({ members, bot: botIsIn = true, ...channel }) => [
        channel.id,
        {
          ...channel,
          members: new Set(
            [...(members ?? users.map(({ id }) => id)), botUser].filter((id) => botIsIn || id !== botUser),
          ),
        },
      ]),
    ),
    messages: [],
    views: new Map(),
    files: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    received: [],
    dispatched: [],
    version: 1,
    lastMicros: 0,
    lastId: 0,
  };
}

export function secret(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** The channel between a user and the bot; made when it is not there yet. */
export function directMessage(workspace: Workspace, user: string): SlackChannel {
  const open = [...workspace.channels.values()].find(({ im }) => im === user);
  if (open) return open;
  const channel: SlackChannel = {
    id: nextId(workspace, 'D'),
    name: user,
    im: user,
    members: new Set([user, workspace.botUser]),
  };
  workspace.channels.set(channel.id, channel);
  return channel;
}

/** Such as `V0000000012`: unlike Slack's, they tell the order in which things were made. */
export function nextId(workspace: Workspace, prefix: string): string {
  workspace.lastId += 1;
  return `${prefix}${workspace.lastId.toString(36).toUpperCase().padStart(10, '0')}`;
}

/** Seconds with six decimals: the time, and unique in the workspace. */
export function nextTs(workspace: Workspace): string {
  workspace.lastMicros = Math.max(workspace.lastMicros + 1, workspace.now() * 1_000);
  const micros = String(workspace.lastMicros);
  return `${micros.slice(0, -6)}.${micros.slice(-6)}`;
}

export function makeTrigger(workspace: Workspace, user: string, viewId: string | null = null): string {
  const id = `${nextTs(workspace)}.${secret(16)}`;
  workspace.triggers.set(id, { user, viewId, madeAt: workspace.now(), used: false });
  return id;
}

export function makeResponseUrl(
  workspace: Workspace,
  kind: 'commands' | 'actions',
  place: Pick<ResponseUrl, 'channel' | 'user' | 'message'>,
): string {
  const url = `${workspace.origin}/${kind}/${workspace.team}/${workspace.lastId + 1}/${secret(12)}`;
  workspace.lastId += 1;
  workspace.responseUrls.set(new URL(url).pathname, { ...place, madeAt: workspace.now(), uses: 0 });
  return url;
}

/** Those that can be seen in a channel now, threads and messages for one person included, oldest first. */
export function messagesIn(workspace: Workspace, channel: string): SlackMessage[] {
  return workspace.messages.filter((message) => message.channel === channel && message.deletedAt === null);
}
