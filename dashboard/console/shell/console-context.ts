import { createContext } from 'svelte';
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

const [getConsole, setConsole] = createContext<Console>();
export { getConsole, setConsole };
