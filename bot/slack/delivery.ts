import { z } from 'zod';
import type { DialogState } from '../entries.ts';
import type { Arrival } from './in-time.ts';

/** One thing that came from Slack and wants an answer: who, where, and how the answer gets there. */
export interface Delivery {
  readonly arrival: Arrival;
  /** The same for a second delivery of the same thing; null: it changes nothing, and may come as often as it likes. */
  readonly identity: string | null;
  /** Every workspace that it names. */
  readonly teams: readonly string[];
  /** Of the person. */
  readonly team: string;
  readonly user: string;
  readonly channel: string | null;
  readonly thread: string | null;
  /** The message that was clicked. */
  readonly message: string | null;
  /** Said by a program. */
  readonly byBot: boolean;
  /** Slack says that the channel is shared with another organization. */
  readonly shared: boolean;
  readonly trigger: string | null;
  readonly responseUrl: string | null;
  /** The open dialog that it comes from. */
  readonly view: { readonly id: string; readonly hash: string | undefined; readonly draftId: string } | null;
  readonly state: DialogState;
}

const id = z.string().min(1).max(255);
const url = z.string().max(1_000);

const commandBody = z.object({
  command: id,
  text: z.string().max(40_000).default(''),
  team_id: id,
  user_id: id,
  channel_id: id,
  trigger_id: id,
  response_url: url,
});

const eventBody = z.object({
  event_id: id,
  team_id: id,
  is_ext_shared_channel: z.boolean().default(false),
  event: z.object({
    user: id.optional(),
    bot_id: id.optional(),
    text: z.string().max(40_000),
    ts: id,
    thread_ts: id.optional(),
    channel: id,
    team: id.optional(),
    user_team: id.optional(),
    source_team: id.optional(),
  }),
});

const picked = z.looseObject({ value: z.string() });
const element = z.looseObject({
  value: z.string().nullish(),
  selected_option: picked.nullish(),
  selected_options: z.array(picked).optional(),
  /** Seconds since 1970. */
  selected_date_time: z.number().int().nullish(),
});
const view = z.object({
  id,
  hash: id.optional(),
  private_metadata: z.string().max(3_000).default(''),
  app_installed_team_id: id.nullish(),
  state: z.object({ values: z.record(z.string(), z.record(z.string(), element)) }).optional(),
});

const interactionBody = z.object({
  type: z.enum(['block_actions', 'block_suggestion', 'view_submission']),
  team: z.object({ id }).nullish(),
  user: z.object({ id, team_id: id.optional() }),
  trigger_id: id.optional(),
  response_url: url.optional(),
  channel: z.object({ id }).optional(),
  container: z
    .looseObject({ message_ts: id.optional(), thread_ts: id.optional(), channel_id: id.optional() })
    .optional(),
  message: z.looseObject({ thread_ts: id.optional() }).optional(),
  view: view.optional(),
  actions: z
    .array(
      z.looseObject({
        action_id: id,
        action_ts: z.string().optional(),
        value: z.string().nullish(),
        selected_option: picked.nullish(),
      }),
    )
    .optional(),
  action_id: id.optional(),
  value: z.string().max(1_000).optional(),
});

const nowhere = {
  thread: null,
  message: null,
  byBot: false,
  shared: false,
  trigger: null,
  responseUrl: null,
  view: null,
  state: {},
} as const;

/** Texts stay as Slack sends them: the grammar reads entities and links, once. */
export function readCommand(body: unknown, arrival: Arrival): { delivery: Delivery; name: string; text: string } {
  const c = commandBody.parse(body);
  const delivery: Delivery = {
    ...nowhere,
    arrival,
    identity: `command ${c.team_id} ${c.user_id} ${c.trigger_id}`,
    teams: [c.team_id],
    team: c.team_id,
    user: c.user_id,
    channel: c.channel_id,
    trigger: c.trigger_id,
    responseUrl: c.response_url,
  };
  return { delivery, name: c.command, text: c.text };
}

export function readMention(body: unknown, arrival: Arrival): { delivery: Delivery; text: string } {
  const { event, ...wrapper } = eventBody.parse(body);
  const teams = [wrapper.team_id, event.team, event.user_team, event.source_team].filter((team) => team !== undefined);
  const delivery: Delivery = {
    ...nowhere,
    arrival,
    identity: `event ${wrapper.event_id}`,
    teams,
    team: event.user_team ?? event.team ?? wrapper.team_id,
    user: event.user ?? '',
    channel: event.channel,
    thread: event.thread_ts ?? null,
    message: event.ts,
    byBot: event.bot_id !== undefined || event.user === undefined,
    shared: wrapper.is_ext_shared_channel,
  };
  return { delivery, text: event.text.replace(/<@[A-Z0-9]+(\|[^>]*)?>/g, ' ').trim() };
}

/** What a person does with their mouse: buttons, pickers, dialogs. */
export function readInteraction(body: unknown, arrival: Arrival) {
  const b = interactionBody.parse(body);
  const action = b.actions?.[0];
  const team = b.user.team_id ?? b.team?.id ?? '';
  const delivery: Delivery = {
    ...nowhere,
    arrival,
    identity: b.trigger_id === undefined ? null : [b.type, b.user.id, b.trigger_id, action?.action_ts].join(' '),
    teams: [b.team?.id, b.user.team_id, b.view?.app_installed_team_id].filter((each) => each != null),
    team,
    user: b.user.id,
    channel: b.channel?.id ?? b.container?.channel_id ?? null,
    thread: b.message?.thread_ts ?? b.container?.thread_ts ?? null,
    message: b.container?.message_ts ?? null,
    trigger: b.trigger_id ?? null,
    responseUrl: b.response_url ?? null,
    view: b.view ? { id: b.view.id, hash: b.view.hash, draftId: b.view.private_metadata } : null,
    state: stateOf(b.view?.state?.values ?? {}),
  };
  const actionId = action?.action_id ?? b.action_id ?? '';
  return { delivery, actionId, value: action?.value ?? action?.selected_option?.value ?? b.value ?? '' };
}

function stateOf(values: Record<string, Record<string, z.output<typeof element>>>): DialogState {
  const entries = Object.entries(values).flatMap(([block, actions]) =>
    Object.entries(actions).map(([action, entered]) => [`${block}.${action}`, enteredIn(entered)] as const),
  );
  return Object.fromEntries(entries);
}

function enteredIn({ value, selected_option, selected_options, selected_date_time }: z.output<typeof element>) {
  if (selected_options) return selected_options.map((option) => option.value);
  return selected_option?.value ?? selected_date_time?.toString() ?? value ?? null;
}
