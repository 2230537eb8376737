import { z } from 'zod';

/** What the demo's page shows of the stand-in of Slack: never part of a server that is no demo. Epoch milliseconds. */
export interface DemoSlack {
  /** Rises with every change. */
  readonly version: number;
  readonly now: number;
  readonly workspace: string;
  readonly bot: string;
  readonly command: string;
  readonly users: readonly DemoSlackUser[];
  readonly channels: readonly DemoSlackChannel[];
  /** Those that this user sees, oldest first, all channels together. */
  readonly messages: readonly DemoSlackMessage[];
  /** The dialog that is open for this user. */
  readonly dialog: DemoSlackDialog | null;
}

export interface DemoSlackUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly isBot: boolean;
}

export interface DemoSlackChannel {
  readonly id: string;
  readonly name: string;
  /** The user at the other end of a direct message. */
  readonly im: string | null;
}

export type DemoSlackBlock = Readonly<Record<string, unknown>>;

export interface DemoSlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly DemoSlackBlock[];
  readonly threadTs: string | null;
  /** A reply that stands in the channel too. */
  readonly broadcast: boolean;
  readonly onlyForYou: boolean;
  readonly sentAt: number;
  readonly editedAt: number | null;
  readonly files: readonly {
    readonly id: string;
    readonly name: string;
    readonly title: string;
    readonly length: number;
  }[];
}

export interface DemoSlackDialog {
  readonly id: string;
  readonly title: string;
  readonly submit: string | null;
  readonly close: string;
  readonly blocks: readonly DemoSlackBlock[];
  /** `block_id` → `action_id` → state as Slack has it. */
  readonly state: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly errors: Readonly<Record<string, string>>;
}

const as = z.string().max(30);
const text = z.string().max(4_000);
const viewId = z.string().max(30);
const actionId = z.string().max(255);

/** What one can do there, as one of the people of the demo. */
export const demoSlackDeed = z.discriminatedUnion('do', [
  z.object({ do: z.literal('say'), as, channel: as, text, threadTs: z.string().max(20).nullable() }),
  z.object({
    do: z.literal('press'),
    as,
    channel: as,
    ts: z.string().max(20),
    actionId,
    option: z.string().max(150).optional(),
  }),
  z.object({ do: z.literal('pressIn'), as, viewId, actionId }),
  z.object({
    do: z.literal('fill'),
    as,
    viewId,
    actionId,
    entered: z.union([text, z.array(z.string().max(150)).max(100), z.null()]),
  }),
  z.object({ do: z.literal('suggest'), as, viewId, actionId, query: text }),
  z.object({ do: z.literal('submit'), as, viewId }),
  z.object({ do: z.literal('close'), as, viewId }),
]);
export type DemoSlackDeed = z.input<typeof demoSlackDeed>;

/** `problem`: what Slack's own client would say about it; `options`: of a type-ahead. */
export interface DemoSlackDone {
  readonly problem: string | null;
  readonly options?: readonly { readonly text: string; readonly value: string }[];
}
