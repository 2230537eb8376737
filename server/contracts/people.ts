import { z } from 'zod';
import { done, endpoint, idParam, none } from './endpoint.ts';
import { listSearch, sortedPage, wholeInput } from './list.ts';
import { roleName } from './views.ts';

/** People and tokens: who they are, how they sign in, what they may. */

const scopeName = z.string().min(1).max(200).optional();

/** A role in all of the fleet, or only for one product, one environment, or one product in one environment. */
const grant = z.object({ role: roleName, product: scopeName, environment: scopeName });

const grants = z.array(grant).max(200);

/** Tokens never approve. */
const tokenGrants = z.array(grant.extend({ role: z.enum(['viewer', 'operator', 'admin', 'reporter']) })).max(200);

/** Of the device, or a recovery code. */
const code = z.string().trim().min(6).max(40);

const email = z.email().max(200);
const password = z.string().min(12).max(200);
const personName = z.string().trim().min(1).max(100);

export const me = z.object({
  kind: z.enum(['person', 'token']),
  name: z.string(),
  grants: z.array(grant),
  /** Every action of the permission table that this caller may do somewhere. */
  actions: z.array(z.string()),
});

const tokenView = z.object({
  id: z.number().int(),
  name: z.string(),
  grants: z.array(grant),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
});

export const personView = z.object({
  id: z.number().int(),
  name: z.string(),
  email: z.string(),
  grants: z.array(grant),
  createdAt: z.number(),
  /** null: may sign in. */
  disabledAt: z.number().nullable(),
  passwordSet: z.boolean(),
  /** Signs in with a code of a device too. */
  totp: z.boolean(),
});

const account = z.object({
  name: z.string(),
  email: z.string(),
  grants: z.array(grant),
  passwordSet: z.boolean(),
  /** Whether a new password asks for the current one; not within 15 minutes after a sign-in link. */
  currentPasswordNeeded: z.boolean(),
  totp: z.boolean(),
  recoveryCodesLeft: z.number().int(),
});

const sessionView = z.object({
  id: z.number().int(),
  createdAt: z.number(),
  lastSeenAt: z.number(),
  expiresAt: z.number(),
  address: z.string().nullable(),
  /** The one that asks. */
  current: z.boolean(),
});

export const peopleApi = {
  'session.show': endpoint({
    method: 'GET',
    path: '/session',
    summary: 'Who is calling, and what they may do',
    input: none,
    output: me,
  }),
  'session.signIn': endpoint({
    method: 'POST',
    path: '/session',
    summary: 'Sign in with e-mail and password, and the code of the device where one is set up',
    input: z.object({ email, password: z.string().max(200), code: code.optional() }),
    output: me,
  }),
  'session.useLink': endpoint({
    method: 'POST',
    path: '/session/link',
    summary: 'Sign in with a one-time link',
    input: z.object({ token: z.string().max(200), code: code.optional() }),
    output: me,
  }),
  'session.setUp': endpoint({
    method: 'POST',
    path: '/session/set-up',
    summary: 'Create the first admin with the set-up link',
    input: z.object({ token: z.string().max(200), name: personName, email, password }),
    output: me,
  }),
  'session.signOut': endpoint({
    method: 'DELETE',
    path: '/session',
    summary: 'End this session',
    input: none,
    output: done,
  }),
  'account.show': endpoint({
    method: 'GET',
    path: '/account',
    summary: 'Your own account',
    input: none,
    output: account,
  }),
  'account.setPassword': endpoint({
    method: 'POST',
    path: '/account/password',
    summary: 'Set your own password; your other sessions end',
    input: z.object({ current: z.string().max(200).optional(), password }),
    output: me,
  }),
  'account.enrolTotp': endpoint({
    method: 'POST',
    path: '/account/totp',
    summary: 'A new secret for an authenticator app; counts once it is confirmed',
    input: none,
    output: z.object({ secret: z.string(), uri: z.string() }),
  }),
  'account.confirmTotp': endpoint({
    method: 'POST',
    path: '/account/totp/confirm',
    summary: 'Turn codes on with the first code of the app; answers with the recovery codes, once',
    input: z.object({ code }),
    output: z.object({ recoveryCodes: z.array(z.string()) }),
  }),
  'account.disableTotp': endpoint({
    method: 'POST',
    path: '/account/totp/disable',
    summary: 'Turn codes off',
    input: z.object({ password: z.string().max(200) }),
    output: done,
  }),
  'account.sessions': endpoint({
    method: 'GET',
    path: '/account/sessions',
    summary: 'Your own sessions, the one last used first',
    input: none,
    output: z.object({ items: z.array(sessionView) }),
  }),
  'account.endSession': endpoint({
    method: 'DELETE',
    path: '/account/sessions/:id',
    summary: 'End one of your sessions',
    input: z.object({ id: idParam }),
    output: done,
  }),
  'account.endOtherSessions': endpoint({
    method: 'POST',
    path: '/account/sessions/end-others',
    summary: 'End all your sessions but this one',
    input: none,
    output: z.object({ ended: z.number().int() }),
  }),
  'people.list': endpoint({
    method: 'GET',
    path: '/people',
    summary: 'People and their grants, disabled ones too; all of them without a limit',
    input: z.object({
      ...wholeInput(['name', 'email', 'created']),
      state: z.enum(['enabled', 'disabled']).optional(),
      search: listSearch,
    }),
    output: sortedPage(personView),
  }),
  'people.invite': endpoint({
    method: 'POST',
    path: '/people',
    summary: 'Add a person; answers with a one-time sign-in link',
    input: z.object({ name: personName, email, grants: grants.min(1) }),
    output: z.object({ person: personView, link: z.string() }),
  }),
  'people.setGrants': endpoint({
    method: 'POST',
    path: '/people/:id/grants',
    summary: "Give and take grants: these are the person's from now on",
    input: z.object({ id: idParam, grants }),
    output: personView,
  }),
  'people.disable': endpoint({
    method: 'POST',
    path: '/people/:id/disable',
    summary: 'Keep a person out; ends their sessions and links',
    input: z.object({ id: idParam }),
    output: personView,
  }),
  'people.enable': endpoint({
    method: 'POST',
    path: '/people/:id/enable',
    summary: 'Let a disabled person sign in again',
    input: z.object({ id: idParam }),
    output: personView,
  }),
  'people.resetTotp': endpoint({
    method: 'POST',
    path: '/people/:id/totp/reset',
    summary: 'Sign-in without a code, for who has lost device and recovery codes',
    input: z.object({ id: idParam }),
    output: personView,
  }),
  'tokens.list': endpoint({
    method: 'GET',
    path: '/tokens',
    summary: 'API tokens, without their secrets; all of them without a limit',
    input: z.object({ ...wholeInput(['created', 'name', 'by', 'expires', 'used']), search: listSearch }),
    output: sortedPage(tokenView),
  }),
  'tokens.create': endpoint({
    method: 'POST',
    path: '/tokens',
    summary: 'Create an API token; the secret is shown once',
    input: z.object({
      name: personName,
      grants: tokenGrants.min(1),
      expiresInDays: z.number().int().min(1).max(3650).optional(),
    }),
    output: z.object({ token: tokenView, secret: z.string() }),
  }),
  'tokens.revoke': endpoint({
    method: 'DELETE',
    path: '/tokens/:id',
    summary: 'Revoke an API token',
    input: z.object({ id: idParam }),
    output: done,
  }),
};
