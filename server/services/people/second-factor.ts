import { randomBytes } from 'node:crypto';
import { takeRecoveryCode, takeTotpStep, type PersonRow } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { hashOfSecret } from './secret.ts';
import { totpSecretOf } from './totp-secret.ts';
import { base32, matchingStep } from './totp.ts';

const RECOVERY_CODES = 10;

/** Whether this person signs in with a code of their device beside what else they show. */
export function hasSecondFactor({ totpConfirmedAt }: Pick<PersonRow, 'totpConfirmedAt'>): boolean {
  return totpConfirmedAt !== null;
}

/** What a sign-in without the code gets, once everything else about it was right. */
export function codeNeeded(): Refusal {
  return new Refusal(
    'code_needed',
    'sign-in refused: it needs the code that your authenticator app shows. Enter it, or one of your recovery codes.',
  );
}

/**
 * Takes a code of the device, or a recovery code, once. Refusal: `wrong_credentials` with reason `wrong_code`; a code
 * that was taken before is wrong too.
 */
export async function takeCode(ctx: Context, person: PersonRow, code: string): Promise<void> {
  const now = ctx.clock.now();
  const secret = totpSecretOf(ctx, person);
  const step = secret === null ? null : matchingStep(secret, code, now);
  if (step !== null && (await takeTotpStep(ctx.db, person.id, step))) return;
  if (step === null && (await takeRecoveryCode(ctx.db, person.id, recoveryHash(code), now))) return;
  throw new Refusal(
    'wrong_credentials',
    'sign-in refused: the code is wrong, or was used already. Wait for the next one, or enter a recovery code.',
    { reason: 'wrong_code' },
  );
}

/** Ten codes of 80 random bits, `abcd-efgh-ijkl-mnop`. */
export function newRecoveryCodes(): string[] {
  return Array.from(
    { length: RECOVERY_CODES },
    () => base32(randomBytes(10)).toLowerCase().match(/.{4}/g)?.join('-') ?? '',
  );
}

/** People write them with and without dashes, in any case. */
export function recoveryHash(code: string): string {
  return hashOfSecret(code.toLowerCase().replaceAll(/[\s-]/g, ''));
}
