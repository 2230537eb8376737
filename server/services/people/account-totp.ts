import { replaceRecoveryCodes, updatePerson, type PersonRow } from '../../../db/queries/people.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { demandPassword, ownerRow, type Owner } from './account.ts';
import { hasSecondFactor, newRecoveryCodes, recoveryHash } from './second-factor.ts';
import { sealTotpSecret, totpSecretOf } from './totp-secret.ts';
import { matchingStep, newTotpSecret, otpauthUri } from './totp.ts';

/** A new secret for the device. Counts once `confirmTotp` has seen a code of it. Refusal: `already_on`. */
export async function enrolTotp(ctx: Context, owner: Owner) {
  const person = await ownerRow(ctx, owner);
  demandOff(person);
  const secret = newTotpSecret();
  await updatePerson(ctx.db, person.id, { totpSecret: sealTotpSecret(ctx, person.id, secret), totpLastStep: null });
  return { secret, uri: otpauthUri(secret, person.email) };
}

/** The device knows the secret: from now on sign-in asks for its codes. The recovery codes are in this answer and nowhere else. */
export async function confirmTotp(ctx: Context, owner: Owner, { code }: { code: string }) {
  const person = await ownerRow(ctx, owner);
  demandOff(person);
  const now = ctx.clock.now();
  const secret = totpSecretOf(ctx, person);
  const step = secret === null ? null : matchingStep(secret, code, now);
  if (step === null) {
    throw new Refusal(
      'wrong_credentials',
      "confirmation refused: this is not the device's code. Check that the clock of the device is right, and enter the code that it shows now.",
      { reason: 'wrong_code' },
    );
  }
  const recoveryCodes = newRecoveryCodes();
  await transact(ctx, async (tx) => {
    await updatePerson(tx, person.id, { totpConfirmedAt: now, totpLastStep: step });
    await replaceRecoveryCodes(tx, person.id, recoveryCodes.map(recoveryHash));
    await record(tx, { now, actor: person.name }, 'person.totp_enabled', [person.id], { name: person.name });
  });
  return { recoveryCodes };
}

/** Refusals: `wrong_credentials` (reason `wrong_password`), `too_many_attempts`. */
export async function disableTotp(ctx: Context, owner: Owner, { password }: { password: string }) {
  const person = await ownerRow(ctx, owner);
  await demandPassword(ctx, person, owner, password);
  const occasion = { now: ctx.clock.now(), actor: person.name };
  await transact(ctx, async (tx) => {
    await updatePerson(tx, person.id, { totpSecret: null, totpConfirmedAt: null, totpLastStep: null });
    await replaceRecoveryCodes(tx, person.id, []);
    if (!hasSecondFactor(person)) return;
    await record(tx, occasion, 'person.totp_disabled', [person.id], { name: person.name });
  });
  return { ok: true as const };
}

function demandOff(person: PersonRow): void {
  if (!hasSecondFactor(person)) return;
  throw new Refusal('refused', 'enrolment refused: codes are on already. Turn them off before you change the device.', {
    reason: 'already_on',
  });
}
