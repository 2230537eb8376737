import { getContext, setContext } from 'svelte';
import type { LiveBoard } from '../../live/live-board.svelte.ts';
import type { ConsoleRouter } from '../routes.ts';
import type { Announcer } from './announcer.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Settings } from './settings.svelte.ts';

/** What every page of a signed-in console stands on. Made once, by SignedIn.svelte. */
export interface Console {
  session: Session;
  live: LiveBoard<'whole'>;
  settings: Settings;
  notices: Notices;
  announcer: Announcer;
  router: ConsoleRouter;
}

const key = Symbol('console');

export function setConsole(console: Console): void {
  setContext(key, console);
}

/** Undefined where nobody has signed in yet. */
export function consoleHere(): Console | undefined {
  return getContext(key);
}

export function getConsole(): Console {
  const here = consoleHere();
  if (!here)
    throw new Error('This part stands outside of SignedIn.svelte: use it only on pages of the signed-in console.');
  return here;
}
