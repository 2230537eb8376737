import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answerCall } from './api.ts';
import { deliverTo, type Deliver } from './deliver.ts';
import { receiveUpload } from './methods/files.ts';
import { personOf, type Person } from './person.ts';
import { bytesOf, callOf, uploadOf } from './request.ts';
import { answerResponse } from './response-url.ts';
import {
  createWorkspace,
  messagesIn,
  type Json,
  type ReceivedCall,
  type SlackMessage,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts';

/** How a call goes wrong instead of being answered; `lost`: it is done, and its answer never arrives. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'hang' | 'cut' | 'lost' }
  | { readonly kind: 'slow'; readonly ms: number };

export interface StandInOptions extends WorkspaceOptions {
  readonly port?: number;
  /** Looked at before each call of the Web API, an answer link (`response_url`) or an upload (`upload`). */
  readonly fault?: (method: string, args: Json) => Fault | null;
  /** Whether `apps.connections.open` gives out an address; whoever wants it listens for upgrades of `http`. */
  readonly socketMode?: boolean;
}

/** A stand-in of a Slack workspace at the protocol, on this machine only. */
export interface StandIn {
  readonly workspace: Workspace;
  readonly http: Server;
  /** What the app's settings name: SLACK_API_URL. */
  readonly apiUrl: string;
  /** Where the app takes commands, interactions and events; until it is set nothing can reach it. */
  requestUrl: string;
  /** How things reach the app: signed requests to `requestUrl`, unless something else is put here. */
  deliver: Deliver;
  person(id: string): Person;
  /** Calls of one method, or all, as they came. */
  calls(method?: string): ReceivedCall[];
  /** Visible messages of a channel that are in no thread, oldest first; those for one person alone are not among them. */
  posts(channel: string): SlackMessage[];
  /** Replies to a message. */
  thread(message: SlackMessage): SlackMessage[];
  /** What only this person sees. */
  whispers(user: string, channel?: string): SlackMessage[];
  /** Refuses connections, like a Slack that is away, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const workspace = createWorkspace(options);
  const http = createServer((request, response) => {
    handle(workspace, options, request, response).catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    });
  });
  await listen(http, options.port ?? 0);
  const { port } = http.address() as AddressInfo;
  workspace.origin = `http://127.0.0.1:${port}`;
  const visible = (channel: string) => messagesIn(workspace, channel).filter(({ onlyFor }) => onlyFor === null);
  const standIn: StandIn = {
    workspace,
    http,
    apiUrl: `${workspace.origin}/api/`,
    requestUrl: '',
    deliver: deliverTo(workspace, () => standIn.requestUrl),
    person(id) {
      const user = workspace.users.get(id);
      if (!user) throw new Error(`nobody in the workspace is ${id}`);
      return personOf(workspace, (...what) => standIn.deliver(...what), user);
    },
    calls: (method) => workspace.received.filter((call) => method === undefined || call.method === method),
    posts: (channel) => visible(channel).filter(({ threadTs }) => threadTs === null),
    thread: ({ channel, ts }) => visible(channel).filter(({ threadTs }) => threadTs === ts),
    whispers: (user, channel) =>
      workspace.messages.filter(
        (message) => message.onlyFor === user && (channel === undefined || message.channel === channel),
      ),
    down: () => closed(http),
    up: () => listen(http, port),
    close: () => closed(http),
  };
  return standIn;
}

async function handle(
  workspace: Workspace,
  options: StandInOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', workspace.origin).pathname;
  const bytes = await bytesOf(request);
  response.setHeader('date', new Date(workspace.now()).toUTCString());
  if (path.startsWith('/api/')) {
    const method = path.slice('/api/'.length);
    const { args, token } = callOf(request, bytes.toString('utf8'));
    return withFaults(options, method, args, response, () => {
      const answer = answerCall(workspace, method, args, token, options.socketMode ?? false);
      workspace.received.push({ at: workspace.now(), method, args, answer });
      const scopes = {
        'x-oauth-scopes': workspace.scopes.join(','),
        'x-slack-req-id': String(workspace.received.length),
      };
      return {
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8', ...scopes },
        body: JSON.stringify(answer),
      };
    });
  }
  if (path.startsWith('/upload/v1/')) {
    const content = await uploadOf(bytes, request.headers['content-type']);
    return withFaults(options, 'upload', {}, response, () => {
      const { status, text } = receiveUpload(workspace, path.slice('/upload/v1/'.length), content);
      return { status, headers: {}, body: text };
    });
  }
  const args = jsonOf(bytes);
  return withFaults(options, 'response_url', args ?? {}, response, () => {
    const { status, text } = answerResponse(workspace, path, args);
    workspace.received.push({
      at: workspace.now(),
      method: 'response_url',
      args: args ?? {},
      answer: { status, text },
    });
    return { status, headers: {}, body: text };
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function withFaults(
  options: StandInOptions,
  method: string,
  args: Json,
  response: ServerResponse,
  answer: () => Answer,
): Promise<void> {
  const fault = options.fault?.(method, args) ?? null;
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'cut') return void response.destroy();
  if (fault?.kind === 'status') {
    const body = fault.status === 429 ? '{"ok":false,"error":"ratelimited"}' : 'Slack has a problem';
    return void response.writeHead(fault.status, fault.headers).end(body);
  }
  if (fault?.kind === 'slow') await delay(fault.ms);
  const { status, headers, body } = answer();
  if (fault?.kind === 'lost') return void response.destroy();
  response.writeHead(status, headers).end(body);
}

function jsonOf(bytes: Buffer): Json | null {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return null;
  }
}

function listen(http: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject).listen(port, '127.0.0.1', () => {
      http.off('error', reject);
      resolve();
    });
  });
}

function closed(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
