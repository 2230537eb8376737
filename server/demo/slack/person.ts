import type { Deliver, Delivered, PayloadKind } from './deliver.ts';
import { elementsOf, isEmpty, stateOf, type Entered } from './field-state.ts';
import { addMessage } from './messages.ts';
import { changeView, checkedView, pushView } from './methods/views.ts';
import * as payloads from './payloads.ts';
import { SlackProblem } from './problem.ts';
import { show } from './response-url.ts';
import type { Json, SlackMessage, SlackUser, SlackView, Workspace } from './workspace.ts';

/** Changes a payload before it is sent: what a foreign or broken sender would put there. */
export type Change = (payload: Json) => Json;
const asItIs: Change = (payload) => payload;

export type Submitted =
  | { readonly kind: 'closed' | 'updated' | 'pushed' | 'cleared' }
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  /** Slack's own client did not even send it. */
  | { readonly kind: 'incomplete'; readonly blocks: readonly string[] }
  | { readonly kind: 'failed'; readonly delivered: Delivered };

/** Somebody in the workspace, who does what people do in Slack; each is sent to the app, and its answer shown. */
export interface Person {
  readonly user: SlackUser;
  command(text: string, channel: string, change?: Change): Promise<Delivered>;
  /** `@signalbox text`, in a channel or in a thread of it. */
  mention(text: string, channel: string, threadTs?: string, change?: Change): Promise<Delivered>;
  /** Presses a button, or chooses an option, of a message. Throws when it is not there. */
  press(message: SlackMessage, actionId: string, option?: string, change?: Change): Promise<Delivered>;
  /** Presses a button in a dialog. */
  pressIn(view: SlackView, actionId: string): Promise<Delivered>;
  /** Fills a field of a dialog, named by its `action_id`; the app is told where it wants to be. */
  fill(view: SlackView, actionId: string, entered: Entered): Promise<Delivered | null>;
  /** What the app offers for this text in an external select; kept so that `fill` can pick from it. */
  suggest(view: SlackView, actionId: string, query: string): Promise<readonly Json[]>;
  submit(view: SlackView): Promise<Submitted>;
  close(view: SlackView): Promise<void>;
  /** The dialog on top, if one is open. */
  dialog(): SlackView | undefined;
}

export function personOf(workspace: Workspace, deliver: Deliver, user: SlackUser): Person {
  const offered = new Map<string, readonly Json[]>();
  const send = async (kind: PayloadKind, payload: Json): Promise<Delivered> => {
    const delivered = await deliver(kind, payload);
    workspace.dispatched.push({ at: workspace.now(), kind, payload, delivered });
    return delivered;
  };
  /** What a command or a click is answered with at once, or Slack's own words when the app failed. */
  const answered = (delivered: Delivered, place: Place): Delivered => {
    const text = delivered.outcome === 'ok' ? null : failure(delivered);
    const answer = text === null ? delivered.answer : { text };
    if (answer === null || answer === '') return delivered;
    const body = typeof answer === 'string' ? { text: answer } : (answer as Json);
    if (body['text'] !== undefined || body['blocks'] !== undefined) show(workspace, { ...place, user: user.id }, body);
    return delivered;
  };
  const act = async (view: SlackView, action: Json) => {
    const payload = payloads.viewActionPayload(workspace, user, view, action);
    return send('interactive', payload);
  };
  return {
    user,
    async command(text, channel, change = asItIs) {
      const payload = change(payloads.commandPayload(workspace, user, channel, text));
      return answered(await send('slash_commands', payload), { channel, message: null });
    },
    mention(text, channel, threadTs, change = asItIs) {
      const words = `<@${workspace.botUser}> ${text}`;
      const message = addMessage(workspace, { channel, user: user.id, text: words, blocks: [], threadTs });
      return send('events_api', change(payloads.mentionPayload(workspace, message)));
    },
    async press(message, actionId, option, change = asItIs) {
      const { block, element } = elementNamed(message.blocks, actionId);
      const action = actionOf(block, element, option);
      const payload = change(payloads.messageActionPayload(workspace, user, message, action));
      return answered(await send('interactive', payload), { channel: message.channel, message });
    },
    pressIn(view, actionId) {
      const { block, element } = elementNamed(blocksOf(view), actionId);
      return act(view, actionOf(block, element));
    },
    async fill(view, actionId, entered) {
      const { block, element } = elementNamed(blocksOf(view), actionId);
      const blockId = String(block['block_id']);
      const state = stateOf(element, entered, offered.get(`${view.id} ${actionId}`));
      (view.state[blockId] ??= {})[actionId] = state;
      workspace.version += 1;
      // Fields of an input block are told at the end, unless they ask for more.
      if (block['type'] === 'input' && block['dispatch_action'] !== true) return null;
      return act(view, { ...state, action_id: actionId, block_id: blockId });
    },
    async suggest(view, actionId, query) {
      const { block } = elementNamed(blocksOf(view), actionId);
      const field = { actionId, blockId: String(block['block_id']), query };
      const { answer } = await send('interactive', payloads.suggestionPayload(workspace, user, view, field));
      const problem = workspace.check('options', (answer ?? {}) as Json);
      if (problem) throw new Error(`Slack would refuse these options: ${JSON.stringify(problem)}`);
      const { options = [], option_groups: groups = [] } = (answer ?? {}) as SuggestionAnswer;
      const found = [...options, ...groups.flatMap((group) => group.options)];
      const key = `${view.id} ${actionId}`;
      offered.set(key, [...(offered.get(key) ?? []), ...found]);
      return found;
    },
    async submit(view) {
      const missing = incomplete(view);
      if (missing.length > 0) return { kind: 'incomplete', blocks: missing };
      const delivered = await send('interactive', payloads.submissionPayload(workspace, user, view));
      workspace.version += 1;
      if (delivered.outcome !== 'ok') return { kind: 'failed', delivered };
      return followSubmission(workspace, view, delivered);
    },
    async close(view) {
      const whole = view.view['clear_on_close'] === true;
      for (const each of workspace.views.values()) {
        if (each === view || (whole && each.rootId === view.rootId)) each.closed = true;
      }
      workspace.version += 1;
      if (view.view['notify_on_close'] === true) {
        await send('interactive', payloads.closedPayload(workspace, user, view));
      }
    },
    dialog: () => [...workspace.views.values()].filter((view) => view.user === user.id && !view.closed).at(-1),
  };
}

interface Place {
  readonly channel: string;
  readonly message: SlackMessage | null;
}

interface SuggestionAnswer {
  options?: Json[];
  option_groups?: { options: Json[] }[];
}

function failure({ outcome }: Delivered): string {
  const error = outcome === 'timeout' ? 'operation_timeout' : 'dispatch_failed';
  return `That failed with the error "${error}".`;
}

/** What the answer to a submission does to the dialog. Throws when Slack would refuse the answer. */
function followSubmission(workspace: Workspace, view: SlackView, delivered: Delivered): Submitted {
  const answer = (delivered.answer ?? {}) as { response_action?: string; errors?: Record<string, string>; view?: Json };
  try {
    if (answer.response_action === 'errors') {
      const errors = answer.errors ?? {};
      const unknown = Object.keys(errors).filter((id) => !blocksOf(view).some((block) => block['block_id'] === id));
      if (unknown.length > 0) throw new SlackProblem(`errors for blocks that are not there: ${unknown.join(', ')}`);
      view.errors = errors;
      return { kind: 'errors', errors };
    }
    if (answer.response_action === 'update') {
      changeView(workspace, view, checkedView(workspace, { view: answer.view }));
      return { kind: 'updated' };
    }
    if (answer.response_action === 'push') {
      const next = checkedView(workspace, { view: answer.view });
      pushView(workspace, view, next);
      return { kind: 'pushed' };
    }
  } catch (error) {
    if (!(error instanceof SlackProblem)) throw error;
    const words = { error: error.message, ...error.answer };
    return { kind: 'failed', delivered: { outcome: 'refused', status: delivered.status, answer: words } };
  }
  const clears = answer.response_action === 'clear';
  for (const each of workspace.views.values()) {
    if (each === view || (clears && each.rootId === view.rootId)) each.closed = true;
  }
  return { kind: clears ? 'cleared' : 'closed' };
}

function blocksOf(view: SlackView): Json[] {
  return view.view['blocks'] as Json[];
}

function elementNamed(blocks: readonly Json[], actionId: string): { block: Json; element: Json } {
  for (const block of blocks) {
    const element = elementsOf(block).find((each) => each['action_id'] === actionId);
    if (element) return { block, element };
  }
  const there = blocks.flatMap((block) => elementsOf(block).map((each) => String(each['action_id'])));
  throw new Error(`there is nothing to press or fill named ${actionId}; there is: ${there.join(', ') || 'nothing'}`);
}

function actionOf(block: Json, element: Json, option?: string): Json {
  const { type, action_id, text, value, style } = element;
  const ids = { type, action_id, block_id: block['block_id'] };
  if (type === 'button') return { ...ids, text, value, ...(style === undefined ? {} : { style }) };
  if (type === 'overflow') return { ...ids, ...stateOf({ ...element, type: 'static_select' }, option ?? null), type };
  return { ...ids, ...stateOf(element, option ?? null) };
}

/** Fields that have to be filled before Slack sends a dialog, by block. */
function incomplete(view: SlackView): string[] {
  return blocksOf(view)
    .filter((block) => block['type'] === 'input' && block['optional'] !== true)
    .filter((block) => Object.values(view.state[String(block['block_id'])] ?? {}).some(isEmpty))
    .map((block) => String(block['block_id']));
}
