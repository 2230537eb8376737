import { initialState } from '../field-state.ts';
import { withIds } from '../messages.ts';
import { invalid, SlackProblem } from '../problem.ts';
import { nextId, secret, type Json, type SlackView, type Trigger, type Workspace } from '../workspace.ts';

/** Slack's own bounds: a trigger works for 3 s, dialogs stand on one another up to three high. */
const triggerMs = 3_000;
const stackOf = 3;

export function open(workspace: Workspace, args: Json): Json {
  const view = checkedView(workspace, args);
  const trigger = takeTrigger(workspace, args);
  // A person has one stack of dialogs: opening another closes it.
  for (const other of workspace.views.values()) if (other.user === trigger.user) other.closed = true;
  return { view: viewObject(workspace, addView(workspace, trigger.user, view, null)) };
}

export function push(workspace: Workspace, args: Json): Json {
  const view = checkedView(workspace, args);
  const trigger = takeTrigger(workspace, args);
  const below = trigger.viewId === null ? undefined : workspace.views.get(trigger.viewId);
  if (!below || below.closed) throw new SlackProblem('not_found');
  return { view: viewObject(workspace, pushView(workspace, below, view)) };
}

export function update(workspace: Workspace, args: Json): Json {
  const view = checkedView(workspace, args);
  const found = [...workspace.views.values()].find(
    (each) =>
      !each.closed &&
      (args['view_id'] === undefined ? each.view['external_id'] === args['external_id'] : each.id === args['view_id']),
  );
  if (!found) throw new SlackProblem('not_found');
  if (args['hash'] !== undefined && args['hash'] !== found.hash) throw new SlackProblem('hash_conflict');
  changeView(workspace, found, view);
  return { view: viewObject(workspace, found) };
}

export function addView(workspace: Workspace, user: string, view: Json, below: SlackView | null): SlackView {
  const id = nextId(workspace, 'V');
  const added: SlackView = {
    id,
    user,
    rootId: below?.rootId ?? id,
    previousId: below?.id ?? null,
    ...contentOf(workspace, view, {}),
    errors: {},
    closed: false,
  };
  workspace.views.set(id, added);
  workspace.version += 1;
  return added;
}

export function pushView(workspace: Workspace, below: SlackView, view: Json): SlackView {
  const height = [...workspace.views.values()].filter(
    ({ rootId, closed }) => rootId === below.rootId && !closed,
  ).length;
  if (height >= stackOf) throw new SlackProblem('push_limit_reached');
  return addView(workspace, below.user, view, below);
}

export function changeView(workspace: Workspace, found: SlackView, view: Json): void {
  Object.assign(found, contentOf(workspace, view, found.state), { errors: {} });
  workspace.version += 1;
}

/** What a view shows, and what is entered in it: fields that are still there keep what they held. */
function contentOf(workspace: Workspace, view: Json, before: SlackView['state']) {
  const blocks = withIds(workspace, view['blocks'] as Json[]);
  const shown = { ...view, blocks };
  return {
    view: shown,
    state: initialState(blocks, before),
    hash: `${Math.floor(workspace.now() / 1_000)}.${secret(4)}`,
  };
}

/** A view as the Web API and payloads show it. */
export function viewObject(workspace: Workspace, view: SlackView): Json {
  return {
    id: view.id,
    team_id: workspace.team,
    close: null,
    submit: null,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    ...view.view,
    state: { values: view.state },
    hash: view.hash,
    root_view_id: view.rootId,
    previous_view_id: view.previousId,
    app_id: workspace.appId,
    bot_id: workspace.botId,
  };
}

/** A view that Slack would take. */
export function checkedView(workspace: Workspace, args: Json): Json {
  const { view } = args;
  if (typeof view !== 'object' || view === null || !Array.isArray((view as Json)['blocks'])) {
    throw invalid('invalid_arguments', 'missing required field: view [json-pointer:/view]');
  }
  if (JSON.stringify(view).length > 250_000) throw new SlackProblem('view_too_large');
  const problem = workspace.check('view', view as Json);
  if (problem) throw new SlackProblem(problem.error, problem);
  return view as Json;
}

function takeTrigger(workspace: Workspace, args: Json): Trigger {
  const trigger = workspace.triggers.get(String(args['trigger_id']));
  if (!trigger) throw new SlackProblem('invalid_trigger_id');
  if (trigger.used) throw new SlackProblem('exchanged_trigger_id');
  if (workspace.now() - trigger.madeAt > triggerMs) throw new SlackProblem('expired_trigger_id');
  trigger.used = true;
  return trigger;
}
