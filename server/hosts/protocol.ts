/**
 * What the host runner says, parsed: `hello`, the reports of the journal, the facts of an inspection.
 * The writer of these lines is runner/; its journal holds the same text.
 */
import { z } from 'zod';

export const STEPS = [
  'preflight',
  'fetch',
  'verify',
  'unpack',
  'pre-install',
  'activate',
  'post-install',
  'health',
  'restore',
  'restore-hook',
  'report',
] as const;
/** `restore` and `restore-hook` only happen when a step after `activate` has failed. */
export type Step = (typeof STEPS)[number];

export const STEP_CODES = [
  'no_space',
  'size_mismatch',
  'digest_mismatch',
  'not_an_archive',
  'unsafe_path',
  'unsafe_link',
  'hard_link',
  'special_file',
  'too_large',
  'too_many_entries',
  'unpack_failed',
  'hook_failed',
  'hook_timeout',
  'hook_not_executable',
  'activate_failed',
  'restore_failed',
] as const;
/** Why a step failed. */
export type StepCode = (typeof STEP_CODES)[number];

export const FINAL_CODES = [...STEP_CODES, 'done', 'already_current', 'cancelled', 'lost'] as const;
export type FinalCode = (typeof FINAL_CODES)[number];

const count = z.int().min(0);
const release = z.object({ release: z.string(), version: z.string(), digest: z.string() });
/** A release on a host: its folder's name, its version, its package's digest (hex; 8 digits only where the host knows no more). */
export type HostRelease = z.infer<typeof release>;

const step = z.enum(STEPS);
/** Epoch milliseconds on the host's clock. */
const at = count;

export const runnerReport = z.discriminatedUnion('event', [
  /** The detached steps started, or were taken over by a new run of the runner. */
  z.object({ event: z.literal('began'), at, boot: z.string(), fence: count, runner: z.string() }),
  z.object({ event: z.literal('started'), step, at, logOffset: count }),
  z.object({
    event: z.literal('ended'),
    step,
    at,
    /** `skipped`: nothing to do (no such hook, package already there). `lost`: nobody knows how it ended. */
    outcome: z.enum(['ok', 'skipped', 'failed', 'lost']),
    code: z.enum(STEP_CODES).nullable(),
    /** Exit code of a hook. */
    exit: z.int().nullable(),
    ms: count,
    logOffset: count,
    detail: z.string(),
  }),
  /** `current` is again what it was before the attempt (null: there was nothing, the link is gone). */
  z.object({ event: z.literal('restored'), at, current: release.nullable() }),
  z.object({
    event: z.literal('final'),
    at,
    outcome: z.enum(['succeeded', 'failed', 'skipped', 'cancelled', 'lost']),
    code: z.enum(FINAL_CODES),
    /** The step that decided. */
    step: step.nullable(),
    detail: z.string(),
    /** What happened to `current` after a failure behind `activate`. */
    restore: z.enum(['none', 'restored', 'removed', 'left', 'failed']),
    current: release.nullable(),
    logBytes: count,
    bootThen: z.string(),
    bootNow: z.string(),
  }),
]);
export type RunnerReport = z.infer<typeof runnerReport>;
export type FinalLine = Extract<RunnerReport, { event: 'final' }>;

/** The final line of the journal with a sentence for people, and its cause alone. */
export type FinalReport = FinalLine & { readonly sentence: string; readonly cause: string };

export const hostFacts = z.object({
  runner: z.string(),
  /** The host's own name, as `uname -n` says. */
  host: z.string(),
  user: z.string(),
  boot: z.string(),
  uptimeMs: count,
  missingTools: z.array(z.string()),
  current: release.nullable(),
  /** Whether the last attempt that made it current has succeeded. */
  currentComplete: z.boolean(),
  /** Null when the root does not exist yet. */
  freeBytes: count.nullable(),
  /** Who owns the product on this host: the last attempt that was let in. */
  owner: z.object({ fence: count, attempt: z.string(), boot: z.string() }).nullable(),
});

export const inspection = hostFacts.extend({ releases: z.array(release) });
export type HostFacts = z.infer<typeof inspection>;

export const healthAnswer = z.object({
  current: release.nullable(),
  /** Exit code of the health hook; null: there is none, or steps are at work. */
  exit: z.int().nullable(),
});

export const hello = hostFacts.extend({
  /** What the journal says: `interrupted` = begun, not ended, and nobody is at work. */
  attempt: z.enum(['new', 'running', 'interrupted', 'ended']),
  /** The unpacked release is there: no transfer is needed. */
  releasePresent: z.boolean(),
  reportBytes: count,
  logBytes: count,
});
export type Hello = z.infer<typeof hello>;

export const refusal = z.object({
  code: z.enum(['fence_stale', 'busy', 'missing_tools', 'bad_root']),
  detail: z.string(),
  ownerFence: count,
  ownerAttempt: z.string(),
});
