import { z } from 'zod';

/**
 * One HTTP endpoint below /api/v1. The server registers it, the OpenAPI document describes it, and console and CLI
 * call it, all from this one value. `input` is the union of path parameters, query and body, parsed together.
 */
export interface Endpoint<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  /** With `:name` for path parameters, which are fields of `input`. */
  path: string;
  summary: string;
  /** A POST that changes nothing: it needs a body, but no Idempotency-Key. */
  safe?: true;
  input: I;
  output: O;
}

export function endpoint<I extends z.ZodObject, O extends z.ZodType>(spec: Endpoint<I, O>): Endpoint<I, O> {
  return spec;
}

export type InputOf<E extends Endpoint> = z.input<E['input']>;
export type ParsedInputOf<E extends Endpoint> = z.output<E['input']>;
export type OutputOf<E extends Endpoint> = z.output<E['output']>;

/** An id that may arrive as path text. What no column can hold is refused here, not by the database. */
export const idParam = z.coerce.number<number | string>().int().positive().max(2_147_483_647);

/** Keyset page: `after` is the opaque `next` of the page before. */
export const pageInput = {
  after: z.string().max(200).optional(),
  limit: z.coerce.number<number | string>().int().min(1).max(500).default(100),
};

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** An endpoint that takes nothing, and one that only says that it is done. */
export const none = z.object({});
export const done = z.object({ ok: z.literal(true) });
