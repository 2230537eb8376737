import type { PersonRow } from '../../../db/queries/people.ts';
import type { Context } from '../context.ts';
import { seal, unseal } from '../seal.ts';

/** The secret of a device as the database keeps it, bound to its person: a copy of the database makes no codes. */
export function sealTotpSecret(ctx: Pick<Context, 'config'>, personId: number, secret: string): string {
  return seal(keyOf(ctx), secret, ownedBy(personId));
}

/** Null: the person has none, or this server's key does not open it. Their recovery codes are good all the same. */
export function totpSecretOf(
  ctx: Pick<Context, 'config' | 'log'>,
  { id, totpSecret }: Pick<PersonRow, 'id' | 'totpSecret'>,
): string | null {
  if (totpSecret === null) return null;
  try {
    return unseal(keyOf(ctx), totpSecret, ownedBy(id));
  } catch (error) {
    ctx.log.warn(
      { err: error, personId: id },
      'people: a secret of a device does not open: is the secret key another?',
    );
    return null;
  }
}

function ownedBy(personId: number): string {
  return `totp of person ${personId}`;
}

function keyOf({ config }: Pick<Context, 'config'>): Buffer {
  if (config.secretKey) return config.secretKey;
  throw new Error('Codes of a device cannot be used: this process has no secret key. Set SIGNALBOX_SECRET_KEY.');
}
