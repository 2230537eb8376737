import * as account from '../services/people/account.ts';
import * as sessions from '../services/people/account-sessions.ts';
import * as totp from '../services/people/account-totp.ts';
import type { Owner } from '../services/people/account.ts';
import { signedInPerson } from './caller.ts';
import { entered } from './session-steps.ts';
import { step, type Visit } from './visit.ts';

/** The endpoints below /account: one's own, so that no action of the permission table guards them. */
export const accountSteps = {
  show: step('person', (ctx, visit) => account.showAccount(ctx, ownerOf(visit))),

  setPassword: step('person', async (ctx, visit, input: { current?: string | undefined; password: string }) =>
    entered(visit, await account.setPassword(ctx, ownerOf(visit), input)),
  ),

  enrolTotp: step('person', (ctx, visit) => totp.enrolTotp(ctx, ownerOf(visit))),

  confirmTotp: step('person', (ctx, visit, input: { code: string }) => totp.confirmTotp(ctx, ownerOf(visit), input)),

  disableTotp: step('person', (ctx, visit, input: { password: string }) =>
    totp.disableTotp(ctx, ownerOf(visit), input),
  ),

  listSessions: step('person', (ctx, visit) => sessions.listSessions(ctx, ownerOf(visit))),

  endSession: step('person', (ctx, visit, input: { id: number }) => sessions.endSession(ctx, ownerOf(visit), input)),

  endOtherSessions: step('person', (ctx, visit) => sessions.endOtherSessions(ctx, ownerOf(visit))),
};

export function ownerOf(visit: Visit): Owner {
  return { ...signedInPerson(visit), address: visit.address };
}
