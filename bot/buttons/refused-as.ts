import type { Refusal } from '../../server/contracts/errors.ts';

/** A missing right is told by the name of what was pressed, not by that of the permission: to resolve is `incident.acknowledge` there. */
export function refusedAs(what: string, { message }: Refusal): string {
  return message.replace(/^[a-z_]+\.[a-z_]+ refused:/u, `${what} refused:`);
}
