import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant, revision } from './columns.ts';
import type { Role } from '../../server/domain/permission.ts';

export const person = pgTable('person', {
  id: id(),
  name: text().notNull(),
  email: text().notNull().unique(),
  /** scrypt, with its parameters and salt in the string. null: this person signs in by link only. */
  passwordHash: text(),
  roles: jsonb().$type<Role[]>().notNull(),
  disabledAt: instant(),
  createdAt: instant().notNull(),
  revision: revision(),
});

/** A browser session. Only the SHA-256 of the cookie's secret is kept. */
export const session = pgTable(
  'session',
  {
    tokenHash: text().primaryKey(),
    personId: integer()
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
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
  roles: jsonb().$type<Role[]>().notNull(),
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
