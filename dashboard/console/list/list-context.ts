import { getContext, setContext } from 'svelte';
import type { ListAddress } from './list-address.ts';

const key = Symbol('list');

/** Heads of columns within a list frame sort its list. */
export function setListAddress(address: ListAddress): void {
  setContext(key, address);
}

export function getListAddress(): ListAddress | undefined {
  return getContext(key);
}
