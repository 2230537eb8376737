/**
 * A place in the log: everything up to and including (xid, seq). As text `xid.seq`, opaque to clients. Transaction ids
 * have 64 bits, more than a JavaScript number holds exactly.
 */
export interface Cursor {
  xid: bigint;
  seq: bigint;
}

export const logStart = '0.0';

const form = /^(\d{1,20})\.(\d{1,19})$/;

/** undefined: not a cursor. */
export function parseCursor(text: string): Cursor | undefined {
  const match = form.exec(text);
  return match ? { xid: BigInt(match[1] as string), seq: BigInt(match[2] as string) } : undefined;
}

export function formatCursor({ xid, seq }: Cursor): string {
  return `${xid}.${seq}`;
}

/** Negative: `a` comes before `b` in the log. */
export function compareCursors(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [cursorOf(a), cursorOf(b)];
  const difference = x.xid === y.xid ? x.seq - y.seq : x.xid - y.xid;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Throws when it is not one: for cursors that we made ourselves. */
export function cursorOf(text: string): Cursor {
  const cursor = parseCursor(text);
  if (!cursor) throw new Error(`"${text}" is no place in the log. Take the snapshot again and go on from its cursor.`);
  return cursor;
}
