import { randomBytes } from 'node:crypto';
import {
  findDraft,
  forgetDrafts,
  giveDraftBack,
  insertDraft,
  noteSeen,
  storeDraft,
  takeDraft,
  type DraftRow,
} from '../../../db/queries/slack-drafts.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { SlackDraftInput } from '../../contracts/slack.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../verb.ts';

/** As long as somebody may take to fill in a dialog. */
export const DRAFT_MS = 30 * 60_000;

export type Draft<Input extends SlackDraftInput = SlackDraftInput> = Pick<DraftRow, 'id' | 'version'> & {
  readonly input: Input;
};

/** Begins a draft for the person who opens a dialog. Those that have run out are forgotten on the way. */
export async function beginDraft<Input extends SlackDraftInput>(
  ctx: Context,
  actor: Actor,
  input: Input,
): Promise<Draft<Input>> {
  const now = ctx.clock.now();
  const id = randomBytes(16).toString('base64url');
  await forgetDrafts(ctx.db, now - DRAFT_MS);
  await insertDraft(ctx.db, { id, personId: personOf(actor), input, createdAt: now, expiresAt: now + DRAFT_MS });
  return { id, version: 1, input };
}

/** The draft as it stands now. Throws unless it is this person's, unused, and not older than 30 minutes. */
export async function readDraft(ctx: Context, actor: Actor, id: string): Promise<Draft> {
  const row = await findDraft(ctx.db, id);
  const problem = problemOf(row, actor, ctx.clock.now());
  if (problem) throw problem;
  return row as DraftRow;
}

/** Stores what has been picked under a higher version, so that what an older one shows can be told from it. Throws as `readDraft`. */
export async function changeDraft<Input extends SlackDraftInput>(
  ctx: Context,
  actor: Actor,
  id: string,
  input: Input,
): Promise<Draft<Input>> {
  const now = ctx.clock.now();
  const row = await storeDraft(ctx.db, { id, personId: personOf(actor), now, input });
  if (!row) throw problemOf(await findDraft(ctx.db, id), actor, now) ?? usedAlready();
  return { ...row, input };
}

/** The newest version; null: the draft is used, has run out, or is not there. */
export async function versionOfDraft(ctx: Context, id: string): Promise<number | null> {
  const row = await findDraft(ctx.db, id);
  return row && row.usedAt === null && ctx.clock.now() < row.expiresAt ? row.version : null;
}

/** The plan of this version that the person has been shown, by its fingerprint; nothing when there is a newer one. */
export function rememberShown(ctx: Context, { id, version }: Draft, plan: string): Promise<void> {
  return noteSeen(ctx.db, id, { version, plan });
}

/**
 * Does what the draft was for, once: of two submissions one runs, the other is told. A refusal gives the draft back, so
 * that it can be mended; after any other error nobody knows what has happened, and it stays used.
 */
export async function useDraft<T>(ctx: Context, actor: Actor, id: string, run: () => Promise<T>): Promise<T> {
  const now = ctx.clock.now();
  if (!(await takeDraft(ctx.db, id, personOf(actor), now))) {
    throw problemOf(await findDraft(ctx.db, id), actor, now) ?? usedAlready();
  }
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refusal) await giveDraftBack(ctx.db, id);
    throw error;
  }
}

function personOf({ kind, id }: Actor): number {
  if (kind === 'person' && id !== null) return id;
  throw new Refusal('not_permitted', 'A dialog belongs to a person. Sign in and link your Slack user first.', {
    reason: 'person_only',
  });
}

function problemOf(row: DraftRow | undefined, actor: Actor, now: number): Refusal | null {
  if (!row) return ranOut();
  if (row.personId !== personOf(actor)) {
    const sentence = 'This dialog was opened by somebody else. Open one of your own.';
    return new Refusal('not_permitted', sentence, { reason: 'draft_of_somebody_else' });
  }
  if (row.usedAt !== null) return usedAlready();
  return now < row.expiresAt ? null : ranOut();
}

function usedAlready(): Refusal {
  const sentence = 'This dialog has been submitted already: it works once. Look at the jobs, or open it again.';
  return new Refusal('stale', sentence, { reason: 'draft_used' });
}

function ranOut(): Refusal {
  const sentence = 'This dialog has run out: it lasts 30 minutes. Nothing was done. Open it again.';
  return new Refusal('gone', sentence, { reason: 'draft_expired' });
}
