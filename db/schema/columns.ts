import { customType, integer } from 'drizzle-orm/pg-core';

/** An instant as integer epoch milliseconds in code and `timestamptz(3)` in PostgreSQL. */
export const instant = customType<{ data: number; driverData: string | Date }>({
  dataType: () => 'timestamp(3) with time zone',
  toDriver: (value) => new Date(value).toISOString(),
  fromDriver: (value) => (value instanceof Date ? value.getTime() : Date.parse(value)),
});

/** Raw bytes; hook output may hold anything, NUL included, so it is never a text column. */
export const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (value) => Buffer.from(value),
});

/** The 64-bit transaction id that orders the activity log, as a decimal string. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => 'xid8' });

/** Identity key of every noun. Small numbers: people say "job 42" in chat. */
export const id = () => integer().primaryKey().generatedAlwaysAsIdentity();

/** Raised with every change under the row lock; activities carry it, readers ignore what is not newer. */
export const revision = () => integer().notNull().default(1);
