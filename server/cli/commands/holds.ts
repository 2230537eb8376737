import { instantText } from '../../domain/wording.ts';
import type { HoldScope } from '../../domain/holds.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { instantOf } from '../instant.ts';
import { idNamed } from '../named.ts';
import { table } from '../text.ts';

export const hold = command(
  {
    summary: 'Stop new work in a scope: nothing moves there until the hold is released or runs out',
    args: [],
    options: {
      all: { text: 'everything' },
      product: { value: 'name', text: 'only this product' },
      channel: { value: 'name', text: 'only this channel' },
      environment: { value: 'name', text: 'only this environment' },
      host: { value: 'name', text: 'only this host' },
      reason: { value: 'text', text: 'why; everybody who is stopped reads it' },
      owner: { value: 'name', text: 'who answers for it, default you' },
      from: { value: 'instant', text: 'when it begins, such as 2026-11-21T18:00Z; default now' },
      until: { value: 'instant', text: 'when it runs out; default: when it is released' },
      strict: { text: 'stops also a rollback or roll-off that a person starts' },
    },
  },
  async (terminal, _args, given) => {
    const { all, product, channel, environment, host, reason, owner, from, until, strict = false } = given;
    const scope: HoldScope = { product, channel, environment, host };
    const everything = Object.values(scope).every((name) => name === undefined);
    if (everything !== (all === true)) {
      throw new UsageError('hold needs a scope: --product, --channel, --environment, --host, or --all for everything.');
    }
    if (reason === undefined) throw new UsageError('hold needs a --reason: everybody who is stopped reads it.');
    const put = await terminal.client.call('holds.create', {
      scope,
      reason,
      owner,
      strict,
      startsAt: from === undefined ? undefined : instantOf('--from', from),
      expiresAt: until === undefined ? undefined : instantOf('--until', until),
    });
    terminal.show(put, () => [`hold ${put.id} on ${scopeText(put.scope)} ${untilText(put.expiresAt)}`]);
    return 'ok';
  },
);

export const releaseHold = command(
  {
    summary: 'Release a hold; what it stopped goes on by itself',
    args: ['hold'],
    options: { reason: { value: 'text', text: 'why; stands in the log' } },
  },
  async (terminal, args, { reason }) => {
    const released = await terminal.client.call('holds.release', { id: idNamed(args.hold, 'the hold'), reason });
    terminal.show(released, () => [`released hold ${released.id} on ${scopeText(released.scope)}`]);
    return 'ok';
  },
);

export const holds = command(
  {
    summary: 'List holds, newest first',
    args: [],
    options: {
      past: { text: 'also those that are released or have run out' },
      limit: { value: 'n', text: 'how many, default 20' },
    },
  },
  async (terminal, _args, { past, limit }) => {
    const page = await terminal.client.call('holds.list', { state: past ? 'all' : 'standing', limit: limit ?? 20 });
    const rows = page.items.map((each) => [
      String(each.id),
      scopeText(each.scope),
      each.reason,
      each.owner,
      each.releasedBy === null ? untilText(each.expiresAt) : `released by ${each.releasedBy}`,
      each.strict ? 'strict' : '',
      each.stopsJobs.join(', '),
    ]);
    const heading = ['hold', 'scope', 'why', 'owner', 'until', '', 'stops jobs'];
    terminal.show(page, () => table(heading, rows, 'no holds'));
    return 'ok';
  },
);

function scopeText({ product, channel, environment, host }: HoldScope): string {
  const parts = [
    product && `product ${product}`,
    channel && `channel ${channel}`,
    environment && `environment ${environment}`,
    host && `host ${host}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

function untilText(expiresAt: number | null): string {
  return expiresAt === null ? 'until it is released' : `until ${instantText(expiresAt)}`;
}
