import type { SlackDialog } from '../../server/contracts/slack.ts';
import type { Action } from '../../server/domain/permission.ts';
import type { Kind, ValueOf } from './kinds.ts';

/**
 * Terminology
 *   argument  a word by its place: `show 4.2.1`
 *   phrase    a keyword and what follows it: `on press-1,press-2`
 *   option    `--waves 1,25%`, or a switch: `--strict`
 *   reason    the rest of the line, or `--reason "…"`
 */
export interface ArgumentSpec {
  readonly kind: Kind;
  readonly optional?: true;
  /** How usage shows it, without brackets; by default its name. */
  readonly shown?: string;
}

export interface PhraseSpec {
  /** The first is the one that help shows. */
  readonly words: readonly [string, ...string[]];
  /** Null: the word alone says it. */
  readonly kind: Kind | null;
  readonly shown?: string;
}

export interface OptionSpec {
  /** Null: a switch. */
  readonly kind: Kind | null;
  readonly shown?: string;
  readonly text: string;
}

export interface CommandSpec {
  readonly summary: string;
  /** More than the summary, one sentence each. */
  readonly notes?: readonly string[];
  /** Other words for it. */
  readonly also?: readonly string[];
  readonly arguments: Readonly<Record<string, ArgumentSpec>>;
  readonly phrases?: Readonly<Record<string, PhraseSpec>>;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** `words`: the rest of the line; `option`: only `--reason`. */
  readonly reason?: 'words' | 'option';
  /** Asks for what is missing, and shows what would happen. */
  readonly dialog?: SlackDialog;
  /** What one has to be allowed to do; null: nothing. */
  readonly action: Action | null;
  readonly examples: readonly [string, ...string[]];
}

/** Left out in a thread: the release of its job. */
const release = { kind: 'release', optional: true, shown: '[product] version' } as const;
const channel = { words: ['from', 'on'], kind: 'name', shown: 'channel' } as const;
const job = { kind: 'id', optional: true } as const;

/** Everything that can be said to the bot, in the order of help. Grammar, help and docs read nothing else. */
export const COMMANDS = {
  list: {
    summary: 'Releases with their state and channels',
    also: ['releases', 'ls'],
    arguments: { product: { kind: 'name', optional: true } },
    options: { archived: { kind: null, text: 'archived ones too' } },
    action: 'release.read',
    examples: ['list', 'list orders', 'list orders --archived'],
  },
  show: {
    summary: 'One release: state, channels, notes, where it runs',
    arguments: { release },
    action: 'release.read',
    examples: ['show 4.2.1', 'show orders 4.2.1'],
  },
  download: {
    summary: 'Download and verify the package of a release',
    arguments: { release },
    action: 'release.download',
    examples: ['download 4.2.1', 'download orders 4.2.1'],
  },
  install: {
    summary: 'Install a downloaded release on hosts',
    notes: [
      'Opens a dialog with the plan: what changes, what is skipped, who has to approve.',
      'Without a version it begins with the newest release that is downloaded.',
    ],
    also: ['deploy'],
    arguments: { release },
    phrases: {
      on: { words: ['on'], kind: 'names', shown: 'host,…' },
      in: { words: ['in'], kind: 'names', shown: 'environment,…' },
      where: { words: ['where'], kind: 'labels', shown: 'label=value,…' },
    },
    options: {
      waves: { kind: 'list', shown: '1,25%,100%', text: 'cumulative targets, one per wave' },
      'max-failures': { kind: 'word', shown: 'n|n%', text: 'hosts that may fail before the job halts' },
    },
    reason: 'option',
    dialog: 'install',
    action: 'job.install',
    examples: [
      'install',
      'install 4.2.1',
      'install orders 4.2.1 on press-1,press-2',
      'install 4.2.1 in plant --waves 1,25%,100%',
      'install 4.2.1 where rack=a1 --reason "scanner fix"',
    ],
  },
  demote: {
    summary: 'Take a release off a channel; nothing is withdrawn from hosts',
    notes: ['Opens a dialog that shows what this means to each environment.'],
    arguments: { release },
    phrases: { channel },
    reason: 'words',
    dialog: 'demote',
    action: 'release.demote',
    examples: ['demote 4.2.1', 'demote 4.2.1 from stable scanner fails on start'],
  },
  undemote: {
    summary: 'Make a demoted release active again, at its old place',
    also: ['un-demote', 'repromote'],
    arguments: { release },
    phrases: { channel },
    reason: 'words',
    dialog: 'undemote',
    action: 'release.demote',
    examples: ['undemote 4.2.1', 'undemote 4.2.1 from stable the scanner was at fault'],
  },
  archive: {
    summary: 'Hide a release from the default list; nothing else changes',
    arguments: { release },
    reason: 'words',
    action: 'release.archive',
    examples: ['archive 4.0.0', 'archive orders 4.0.0 superseded'],
  },
  promote: {
    summary: 'Promote a release to a channel by hand',
    notes: [
      'Skips soak and window; recalls, the label requirement and holds stay. Needs a reason.',
      'Opens a dialog when release or channel are missing.',
    ],
    arguments: { release },
    phrases: {
      channel: { words: ['to'], kind: 'name', shown: 'channel' },
      source: { words: ['from'], kind: 'name', shown: 'channel' },
    },
    reason: 'words',
    dialog: 'promote',
    action: 'release.promote',
    examples: [
      'promote',
      'promote 4.2.1 to stable "the fix is urgent"',
      'promote orders 4.2.1 to stable from canary tested by hand',
    ],
  },
  recall: {
    summary: 'Recall a release: served nowhere, and hosts that run it are rolled off',
    notes: [
      'Without a release it opens a dialog with what the recall would do.',
      'Without --confirm it shows what it would do, and does nothing.',
      'Hosts go to the next good release. Ranges, exclusions and other strategies are in the console.',
    ],
    arguments: { release },
    options: { confirm: { kind: null, text: 'do it, as it was shown' } },
    reason: 'words',
    dialog: 'recall',
    action: 'recall.open',
    examples: ['recall', 'recall 4.2.1', 'recall orders 4.2.1 --confirm "loses orders"'],
  },
  pipeline: {
    summary: 'What moves by itself: the stages of a product, and what each says of its releases',
    also: ['pipelines'],
    arguments: { product: { kind: 'name', optional: true } },
    action: 'pipeline.read',
    examples: ['pipeline', 'pipeline orders'],
  },
  rollback: {
    summary: 'Bring the affected hosts of a job back to what was good on each',
    notes: ['Opens a dialog with the hosts and their known-good releases.'],
    also: ['roll-back', 'revert'],
    arguments: { job },
    phrases: { on: { words: ['on'], kind: 'names', shown: 'host,…' } },
    options: { 'include-healthy': { kind: null, text: 'healthy and consistent hosts too' } },
    reason: 'words',
    dialog: 'rollback',
    action: 'release.rollback',
    examples: ['rollback 42', 'rollback 42 on press-1 scanner fails', 'rollback'],
  },
  hold: {
    summary: 'Stop new work in a scope until the hold is released or runs out',
    notes: ['Opens a dialog when scope or reason are missing.'],
    arguments: {},
    phrases: {
      everything: { words: ['everything', 'all'], kind: null },
      product: { words: ['product'], kind: 'name', shown: 'name' },
      channel: { words: ['channel'], kind: 'name', shown: 'name' },
      environment: { words: ['environment', 'in'], kind: 'name', shown: 'name' },
      host: { words: ['host', 'on'], kind: 'name', shown: 'name' },
    },
    options: {
      until: { kind: 'until', shown: '2h|2026-11-22T18:00Z', text: 'when it runs out; default: when it is released' },
      strict: { kind: null, text: 'stops also a rollback that a person starts' },
    },
    reason: 'words',
    dialog: 'hold',
    action: 'hold.create',
    examples: ['hold', 'hold product orders Q3 close', 'hold environment plant "line down" --until 2h --strict'],
  },
  'release-hold': {
    summary: 'Release a hold; what it stopped goes on by itself',
    also: ['releasehold', 'unhold'],
    arguments: { hold: { kind: 'id', shown: 'number' } },
    reason: 'words',
    action: 'hold.release',
    examples: ['release-hold 7', 'release-hold 7 the line runs again'],
  },
  status: {
    summary: 'What runs, waits, fails and is held now; or one job',
    also: ['job'],
    arguments: { job },
    action: 'job.read',
    examples: ['status', 'status 42'],
  },
  jobs: {
    summary: 'Jobs, newest first',
    arguments: { which: { kind: 'jobs', optional: true, shown: 'active|failed|succeeded' } },
    action: 'job.read',
    examples: ['jobs', 'jobs failed'],
  },
  retry: {
    summary: 'Try again on the hosts that failed, were unreachable or were not started',
    arguments: { job },
    options: {
      cancelled: { kind: null, text: 'only hosts on which it was cancelled' },
      'rerun-hook': { kind: null, text: 'also where nobody knows how a hook ended: run it again' },
    },
    action: 'job.retry',
    examples: ['retry 42', 'retry 42 --cancelled', 'retry 42 --rerun-hook', 'retry'],
  },
  cancel: {
    summary: 'Cancel a job: pending hosts at once, running ones before they switch',
    also: ['stop'],
    arguments: { job },
    reason: 'words',
    action: 'job.cancel',
    examples: ['cancel 42', 'cancel 42 wrong version'],
  },
  approvals: {
    summary: 'Requests that wait for approval, and who may approve',
    also: ['approval'],
    arguments: {},
    options: { past: { kind: null, text: 'those that have ended too' } },
    action: 'approval.read',
    examples: ['approvals', 'approvals --past'],
  },
  incidents: {
    summary: 'Incidents that are not resolved',
    also: ['incident'],
    arguments: {},
    options: { past: { kind: null, text: 'resolved ones too' } },
    action: 'job.read',
    examples: ['incidents', 'incidents --past'],
  },
  ack: {
    summary: 'Acknowledge an incident: it is yours',
    also: ['acknowledge'],
    arguments: { incident: { kind: 'id', optional: true } },
    action: 'incident.acknowledge',
    examples: ['ack 3', 'ack'],
  },
  hosts: {
    summary: 'Environments and their hosts; or those of one environment, or with this in their name',
    also: ['host', 'environments'],
    arguments: { name: { kind: 'name', optional: true, shown: 'host|environment' } },
    action: 'host.read',
    examples: ['hosts', 'hosts plant', 'hosts press-1'],
  },
  link: {
    summary: 'Link your Slack user to your account',
    arguments: {},
    action: null,
    examples: ['link'],
  },
  help: {
    summary: 'Every command; or one with its options and examples',
    also: ['?', 'usage'],
    arguments: { command: { kind: 'name', optional: true } },
    action: null,
    examples: ['help', 'help install'],
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

type Part = { readonly kind: Kind | null };
/** A switch and a keyword alone are true or absent. */
type Said<P> = P extends { readonly kind: infer K extends Kind } ? ValueOf<K> : true;
type Field<S, F extends 'arguments' | 'phrases' | 'options'> = S extends Readonly<Record<F, infer P>> ? P : object;
type Required<P> = { readonly [K in keyof P as P[K] extends { optional: true } ? never : K]: Said<P[K]> };
type Optional<P> = { readonly [K in keyof P as P[K] extends Part ? K : never]?: Said<P[K]> | undefined };
type Reasoned<S> = S extends { readonly reason: string } ? { readonly reason?: string | undefined } : object;

/** What was given to a command, by the names of its arguments, phrases and options. */
export type GivenOf<N extends CommandName> = (typeof COMMANDS)[N] extends infer S
  ? Required<Field<S, 'arguments'>> &
      Optional<Field<S, 'arguments'>> &
      Optional<Field<S, 'phrases'>> &
      Optional<Field<S, 'options'>> &
      Reasoned<S>
  : never;

export type Command = { readonly [N in CommandName]: { readonly name: N; readonly given: GivenOf<N> } }[CommandName];

/** The specification without its literal types, for whoever walks over it. */
export function specOf(name: CommandName): CommandSpec {
  return COMMANDS[name];
}

/** The command that this word names, in whatever case. */
export function commandNamed(word: string): CommandName | undefined {
  const asked = word.toLowerCase();
  return COMMAND_NAMES.find((name) => name === asked || specOf(name).also?.includes(asked));
}
