import { onDestroy } from 'svelte';
import { searchParams } from 'sv-router';
import type { Api, EndpointName } from '../../../server/contracts/api.ts';
import type { InputOf, OutputOf } from '../../../server/contracts/endpoint.ts';
import type { AnyActivity, EntityKind } from '../../../server/domain/activity.ts';
import { getConsole } from '../shell/console-context.ts';
import { ListAddress } from './list-address.ts';
import { ServerList } from './server-list.svelte.ts';
import type { ListedPage, ListedRow } from './server-list.svelte.ts';

/** The endpoints that answer with a page of a list. */
type ListName = {
  [Name in EndpointName]: OutputOf<Api[Name]> extends ListedPage<ListedRow> ? Name : never;
}[EndpointName];
type RowOf<Name extends ListName> = OutputOf<Api[Name]>['items'][number];
type Input<Name extends ListName> = InputOf<Api[Name]>;

interface ListOptions<Name extends ListName> {
  /** The order where the address names none. */
  standard: string;
  /** What a row is, and what else changes the list; see ServerList. */
  row?: EntityKind;
  also?: readonly EntityKind[] | 'everything';
  about?: (activity: AnyActivity) => boolean;
  everyMs?: number;
  /** Parameters of the address, and the filter of the server that each is. It is the server that checks them. */
  filters?: Readonly<Record<string, keyof Input<Name> & string>>;
  /** What is always asked, unless a filter says otherwise. */
  fixed?: Partial<Input<Name>>;
  limit?: number;
  prefix?: string;
}

/** A list of the server at the place that the address names, for as long as the component is there that opens it. */
export function openList<Name extends ListName>(
  name: Name,
  { standard, filters = {}, fixed, limit = 50, prefix = '', ...watched }: ListOptions<Name>,
): ServerList<RowOf<Name>, OutputOf<Api[Name]> & ListedPage<RowOf<Name>>> {
  const { session, live } = getConsole();
  const address = new ListAddress(searchParams, { standard, filters: Object.keys(filters), prefix });
  const list = new ServerList<RowOf<Name>, OutputOf<Api[Name]> & ListedPage<RowOf<Name>>>({
    address,
    read: (question, signal) =>
      session.call(name, JSON.parse(question) as Input<Name>, { signal }) as Promise<
        OutputOf<Api[Name]> & ListedPage<RowOf<Name>>
      >,
    socket: live.socket,
    ...watched,
  });
  $effect(() => {
    const asked = Object.entries(filters).map(([param, filter]) => [filter, address.text(param) || undefined]);
    const given = Object.fromEntries(asked.filter(([, value]) => value !== undefined)) as object;
    const place = { sort: address.sort, after: address.text('after') || undefined, limit };
    list.ask(JSON.stringify({ ...fixed, ...given, ...place }));
  });
  onDestroy(() => list.close());
  return list;
}
