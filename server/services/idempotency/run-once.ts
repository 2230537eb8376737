import type { Bell } from '../../../db/bell.ts';
import type { Database, Reader } from '../../../db/connect.ts';
import { findAnswer, insertAnswer, tryLockKey } from '../../../db/queries/idempotency.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../verb.ts';
import { lockKeyOf, requestHashOf, rowKeyOf } from './fingerprint.ts';
import { openAnswer, sealAnswer } from './sealed-answer.ts';

export interface OnceRequest {
  actor: Actor;
  /** The caller's Idempotency-Key, 1 to 200 characters. */
  key: string;
  endpoint: string;
  input: unknown;
}

/**
 * Runs a mutation once per caller and key; a repetition gets the stored answer. Change and answer are one transaction: a
 * crash leaves both or none, and no key is ever stuck. A refusal changes nothing and is not kept, so it may be asked again.
 * Refusals of its own: `malformed`, `in_progress`, `idempotency_mismatch`.
 */
export async function runOnce<T>(
  ctx: Context,
  { actor, key, endpoint, input }: OnceRequest,
  run: (ctx: Context) => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  if (key.length < 1 || key.length > 200) throw unfitKey();
  const rowKey = rowKeyOf(actor, key);
  const requestHash = requestHashOf(endpoint, input);
  const replay = async (reader: Reader): Promise<{ answer: T; replayed: true } | undefined> => {
    const known = await findAnswer(reader, rowKey);
    if (known && known.requestHash !== requestHash) throw mismatch();
    return known && { answer: openAnswer(known.response as string, key, rowKey) as T, replayed: true };
  };
  const known = await replay(ctx.db);
  if (known) return known;
  const bell = heldBell(ctx.bell);
  const outcome = await ctx.db.transaction(async (tx) => {
    if (!(await tryLockKey(tx, lockKeyOf(rowKey)))) throw inProgress();
    const done = await replay(tx);
    if (done) return done;
    // A transaction does all that a database does but `$client`, which no verb uses; what verbs begin inside are savepoints.
    const answer = await run({ ...ctx, db: tx as unknown as Database, bell });
    const response = sealAnswer(answer, key, rowKey);
    await insertAnswer(tx, { key: rowKey, requestHash, response, createdAt: ctx.clock.now() });
    return { answer, replayed: false };
  });
  bell.release();
  return outcome;
}

/** Keeps the rings of the verb until the outer transaction is committed: before that there is nothing to see. */
function heldBell(bell: Bell): Bell & { release(): void } {
  const held: Parameters<Bell['ring']>[0][] = [];
  return {
    ...bell,
    ring: (what) => void held.push(what),
    release: () => held.forEach((what) => bell.ring(what)),
  };
}

function unfitKey(): Refusal {
  const message = 'has to have 1 to 200 characters';
  return new Refusal('malformed', `Request refused: the Idempotency-Key ${message}.`, {
    errors: [{ path: 'Idempotency-Key', message }],
  });
}

function inProgress(): Refusal {
  return new Refusal(
    'in_progress',
    'Request refused: the same Idempotency-Key is being worked on right now. Send it again in a second to get its answer.',
  );
}

function mismatch(): Refusal {
  return new Refusal(
    'idempotency_mismatch',
    'Request refused: this Idempotency-Key was used for another request within the last day. Choose a new key.',
  );
}
