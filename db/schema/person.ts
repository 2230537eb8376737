import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { id, instant, revision } from './columns.ts';
import type { Grant } from '../../server/domain/permission.ts';

export const person = pgTable('person', {
  id: id(),
  name: text().notNull(),
  email: text().notNull().unique(),
  /** scrypt, with its parameters and salt in the string. null: this person signs in by link only. */
  passwordHash: text(),
  grants: jsonb().$type<Grant[]>().notNull(),
  /** Sealed with the server's key: no copy of the database makes codes. Counts once `totpConfirmedAt` is set: before that nobody has shown that their device knows it. */
  totpSecret: text(),
  totpConfirmedAt: instant(),
  /** Number of the 30 s step of the last code that was taken: it and those before it are worth nothing any more. */
  totpLastStep: integer(),
  disabledAt: instant(),
  createdAt: instant().notNull(),
  revision: revision(),
});

/** One-time codes for the day on which the device is lost. 80 random bits each, so a plain SHA-256 will do. */
export const recoveryCode = pgTable(
  'recovery_code',
  {
    personId: integer()
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    codeHash: text().notNull(),
    usedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.personId, t.codeHash] })],
);

/** A browser session. Only the SHA-256 of the cookie's secret is kept. */
export const session = pgTable(
  'session',
  {
    tokenHash: text().primaryKey(),
    /** What its owner names it by; the secret is nobody's but the browser's. */
    id: integer().notNull().generatedAlwaysAsIdentity().unique(),
    personId: integer()
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    openedBy: text().$type<'password' | 'link' | 'set-up'>().notNull(),
    /** Where it was last used from. */
    address: text(),
    createdAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
    /** What its person may do has changed: the next request gets a new secret. */
    rotationDue: boolean().notNull().default(false),
  },
  (t) => [index().on(t.personId)],
);

/** A one-time link: set-up of the first admin, or a sign-in link for a person. */
export const signInLink = pgTable('sign_in_link', {
  tokenHash: text().primaryKey(),
  purpose: text().$type<'set-up' | 'sign-in'>().notNull(),
  personId: integer().references(() => person.id, { onDelete: 'cascade' }),
  createdAt: instant().notNull(),
  expiresAt: instant().notNull(),
  usedAt: instant(),
});

export const apiToken = pgTable('api_token', {
  id: id(),
  name: text().notNull(),
  tokenHash: text().notNull().unique(),
  grants: jsonb().$type<Grant[]>().notNull(),
  createdBy: text().notNull(),
  createdAt: instant().notNull(),
  expiresAt: instant(),
  revokedAt: instant(),
  lastUsedAt: instant(),
  revision: revision(),
});

/** Attempts to sign in, per e-mail (hashed: people type passwords into the wrong field) and per address. */
export const signInAttempt = pgTable(
  'sign_in_attempt',
  {
    /** `email:<sha-256>` or `address:<ip>`. */
    subject: text().primaryKey(),
    attempts: integer().notNull(),
    windowEndsAt: instant().notNull(),
  },
  (t) => [index().on(t.windowEndsAt)],
);

/** The answer already given to a mutation, so that a repeated request with the same key changes nothing. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    key: text().primaryKey(),
    requestHash: text().notNull(),
    status: integer(),
    response: jsonb().$type<unknown>(),
    createdAt: instant().notNull(),
  },
  (t) => [index().on(t.createdAt)],
);
