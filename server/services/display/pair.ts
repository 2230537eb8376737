import { randomInt } from 'node:crypto';
import {
  countPairings,
  deletePairing,
  findPairing,
  forgetPairings,
  grantPairing,
  insertDisplay,
  insertPairing,
  keepDisplayToken,
  lockPairing,
} from '../../../db/queries/displays.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { WallSettings } from '../../domain/wall-view.ts';
import type { Context } from '../context.ts';
import { hashOfSecret, newSecret } from '../people/secret.ts';
import { record } from '../log/record.ts';
import { verb } from '../verb.ts';
import { displayView } from './view.ts';

/** Milliseconds that a code is good for. The screen asks for another one when it has run out. */
const CODE_MS = 10 * 60_000;
/** Anybody may ask for a code: so many wait at once at the most. */
const MOST_WAITING = 500;
/** Without what people take for one another: 0 and O, 1, I and L. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';

export interface NamedSettings extends WallSettings {
  name: string;
}

/** A code for a screen to show, good for 10 minutes. The secret never leaves the screen. Refusal: `too_many_attempts`. */
export async function askCode(ctx: Context): Promise<{ code: string; secret: string; expiresAt: number }> {
  const now = ctx.clock.now();
  await forgetPairings(ctx.db, now);
  if ((await countPairings(ctx.db)) >= MOST_WAITING) {
    const sentence = 'Pairing refused: too many screens wait for their code to be entered. Try again in ten minutes.';
    throw new Refusal('too_many_attempts', sentence);
  }
  const secret = newSecret();
  const expiresAt = now + CODE_MS;
  for (;;) {
    const code = newCode();
    const row = { secretHash: hashOfSecret(secret), code, createdAt: now, expiresAt };
    if (await insertPairing(ctx.db, row)) return { code, secret, expiresAt };
  }
}

/** Lets the screen that shows this code see the wall. Refusal: `not_found`. */
export const pairDisplay = verb(
  'display.manage',
  async (ctx, actor, { code, name, views, rotateMs }: NamedSettings & { code: string }) => {
    const now = ctx.clock.now();
    return transact(ctx, async (tx) => {
      const pairing = await lockPairing(tx, plain(code), now);
      if (!pairing) {
        const sentence = `Pairing refused: no screen shows the code ${code} now. Read it again: it is another one every ten minutes.`;
        throw new Refusal('not_found', sentence, { reason: 'no_such_code' });
      }
      const row = await insertDisplay(tx, { name, views: [...views], rotateMs, pairedAt: now, pairedBy: actor.name });
      await grantPairing(tx, pairing.secretHash, row.id);
      await record(tx, { now, actor: actor.name }, 'display.paired', [row.id]);
      return displayView(row);
    });
  },
);

/** The screen's token, once its code was entered; null before. Given out once. Refusal: `gone`. */
export async function claimDisplay(ctx: Context, { secret }: { secret: string }): Promise<{ token: string | null }> {
  const now = ctx.clock.now();
  return ctx.db.transaction(async (tx) => {
    const pairing = await findPairing(tx, hashOfSecret(secret), now);
    if (!pairing)
      throw new Refusal('gone', 'Pairing refused: the code of this screen has run out. Ask for another one.');
    if (pairing.displayId === null) return { token: null };
    const token = newSecret('sbd_');
    await keepDisplayToken(tx, pairing.displayId, hashOfSecret(token), now);
    await deletePairing(tx, pairing.secretHash);
    return { token };
  });
}

function newCode(): string {
  return Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** As people type it: `abc-def`, `ABC DEF`. */
function plain(code: string): string {
  return code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
}
