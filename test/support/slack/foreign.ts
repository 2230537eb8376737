import { initialState } from '../../../server/demo/slack/field-state.ts';
import type { Json } from '../../../server/demo/slack/workspace.ts';
import { until } from '../until.ts';
import { openLocalSlack } from './local-slack.ts';
import { channels, openWorkspace, users } from './workspace.ts';

/** What a journey needs of any stand-in that speaks Socket Mode. */
export interface ForeignSlack {
  readonly settings: Record<string, string>;
  readonly team: string;
  /** When the bot is connected. */
  connected(): Promise<void>;
  command(user: string, text: string): Promise<void>;
  mention(user: string, text: string, thread: string): Promise<void>;
  press(user: string, message: ForeignMessage, actionId: string): Promise<void>;
  /** The dialog that is open; undefined: none is. */
  dialog(user: string): Json | undefined;
  /** Submits it with what it shows, and these fields by `block_id`. */
  submit(user: string, text: Readonly<Record<string, string>>): Promise<void>;
  /** Everything in the channel, threads and what one person sees included. */
  messages(): Promise<ForeignMessage[]>;
  close(): Promise<void>;
}

export interface ForeignMessage {
  readonly ts: string;
  readonly text: string;
  readonly thread: string | null;
  readonly blocks: readonly Json[];
}

const { releases } = channels;
const { ana, ben } = users;

/** local-slack, driven by its control API and the socket of its own page. */
export async function openForeign(): Promise<ForeignSlack> {
  const team = 'T01TEST';
  const app = { appId: 'A01APP', botUserId: 'U0SIGNALBX', botName: 'signalbox', mode: 'socket' };
  const tokens = { botToken: 'xoxb-1-foreign', appToken: 'xapp-1-foreign', signingSecret: 'not-used-here-at-all' };
  const slack = await openLocalSlack({
    workspace: { name: 'Test', domain: 'test', teamId: team },
    app: { ...app, ...tokens },
    users: [
      { id: ana, name: 'ana', real_name: 'Ana Soto' },
      { id: ben, name: 'ben', real_name: 'Ben Okoro' },
    ],
    channels: [{ id: releases, name: 'releases', members: [ana, ben, app.botUserId] }],
  });
  const page = new WebSocket(`${slack.origin.replace('http', 'ws')}/ui`);
  let stack: Json[] = [];
  let connected = false;
  page.addEventListener('message', ({ data }) => {
    const said = JSON.parse(String(data)) as { t: string; stack?: Json[]; connected?: boolean };
    if (said.t === 'view') stack = said.stack ?? [];
    if (said.t === 'socket_status') connected = said.connected ?? false;
  });
  await new Promise((resolve) => page.addEventListener('open', resolve));
  const control = async (path: string, body?: object): Promise<Json> => {
    const init = body
      ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      : {};
    const response = await fetch(`${slack.origin}/_control/${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Json;
  };
  return {
    team,
    settings: {
      SLACK_BOT_TOKEN: tokens.botToken,
      SLACK_APP_TOKEN: tokens.appToken,
      SLACK_TEAMS: team,
      SLACK_CHANNEL: releases,
      SLACK_API_URL: `${slack.origin}/api/`,
    },
    connected: () => until('the bot in local-slack', () => connected).then(() => undefined),
    command: async (user, text) =>
      void (await control('command', { user, channel: releases, command: '/release', text })),
    mention: async (user, text, thread) =>
      void (await control('message', {
        user,
        channel: releases,
        text: `<@${app.botUserId}> ${text}`,
        thread_ts: thread,
      })),
    async press(user, { ts, blocks }, actionId) {
      const action = actionIn(blocks, actionId);
      await control('interact', { user, channel: releases, messageTs: ts, action });
    },
    dialog: () => stack.at(-1),
    submit(user, text) {
      page.send(JSON.stringify({ t: 'view_submit', user, values: filled(stack.at(-1), text) }));
      return Promise.resolve();
    },
    async messages() {
      const { messages } = (await control(`messages/${releases}`)) as {
        messages: (Json & { text: string; ts: string })[];
      };
      return messages.map(({ ts, text, thread_ts, blocks }) => ({
        ts,
        text,
        thread: (thread_ts as string | undefined) ?? null,
        blocks: (blocks as Json[] | undefined) ?? [],
      }));
    },
    async close() {
      page.close();
      await slack.close();
    },
  };
}

/** Our own stand-in over its Socket Mode, for where the other cannot run. */
export async function openOwn(): Promise<ForeignSlack> {
  const slack = await openWorkspace();
  const sockets = slack.useSocketMode();
  return {
    team: slack.workspace.team,
    settings: slack.settings(true),
    connected: () => sockets.connected(),
    command: async (user, text) => void (await slack.person(user).command(text, releases)),
    mention: async (user, text, thread) => void (await slack.person(user).mention(text, releases, thread)),
    async press(user, { ts }, actionId) {
      const message = slack.posts(releases).find((post) => post.ts === ts);
      if (message) await slack.person(user).press(message, actionId);
    },
    dialog: (user) => slack.person(user).dialog()?.view,
    async submit(user, text) {
      const view = slack.person(user).dialog();
      if (!view) throw new Error('no dialog is open');
      view.state = filled(view.view, text) as typeof view.state;
      await slack.person(user).submit(view);
    },
    messages: () =>
      Promise.resolve(
        slack.workspace.messages
          .filter(({ channel }) => channel === releases)
          .map(({ ts, text, threadTs, blocks }) => ({ ts, text, thread: threadTs, blocks })),
      ),
    close: () => slack.close(),
  };
}

function filled(view: Json | undefined, text: Readonly<Record<string, string>>) {
  const state = initialState((view?.['blocks'] as Json[] | undefined) ?? [], {});
  for (const [block, value] of Object.entries(text)) state[block] = { [block]: { type: 'plain_text_input', value } };
  return state;
}

function actionIn(blocks: readonly Json[], actionId: string): Json {
  for (const block of blocks) {
    const elements = (block['elements'] as Json[] | undefined) ?? [];
    const found = elements.find((element) => element['action_id'] === actionId);
    if (found) return { ...found, block_id: block['block_id'] ?? 'b' };
  }
  throw new Error(`no button ${actionId}`);
}
