import type { Impact } from '../../../server/domain/impact.ts';

/** What a demotion means to an environment, in two or three words. */
export const IMPACT_WORDS = {
  deployed_unaffected: 'goes on running it',
  never_appears: 'never sees it',
  disappears_now: 'disappears now',
  stays_listed: 'stays listed',
  disappears_at_next_check: 'disappears at the next check',
  stays_available: 'stays available',
} as const satisfies Record<Impact, string>;
