import { z } from 'zod';
import { WALL_VIEWS } from '../domain/wall-view.ts';
import { endpoint, idParam, none } from './endpoint.ts';
import { listSearch, sortedPage, wholeInput } from './list.ts';

/** Screens that show the wall: paired by a code, read-only, revocable. Instants in epoch milliseconds. */

const instant = z.number().int();
const settings = {
  name: z.string().trim().min(1).max(100),
  views: z.array(z.enum(WALL_VIEWS)).min(1).max(WALL_VIEWS.length),
  rotateMs: z.number().int().min(5_000).max(3_600_000),
};

const displayView = z.object({
  ...settings,
  id: z.number().int(),
  pairedAt: instant,
  pairedBy: z.string(),
  /** To the minute; null: it has not fetched its token yet. */
  lastSeenAt: instant.nullable(),
});

export const displaysApi = {
  'displays.list': endpoint({
    method: 'GET',
    path: '/displays',
    summary: 'Paired displays by name unless sorted, without their tokens; all of them without a limit',
    input: z.object({ ...wholeInput(['name', 'seen', 'paired', 'by']), search: listSearch }),
    output: sortedPage(displayView),
  }),
  'displays.pair': endpoint({
    method: 'POST',
    path: '/displays',
    summary: 'Let the screen that shows this code see the wall',
    input: z.object({ code: z.string().trim().min(1).max(20), ...settings }),
    output: displayView,
  }),
  'displays.change': endpoint({
    method: 'PATCH',
    path: '/displays/:id',
    summary: 'Change the name of a display, what it shows, and how long',
    input: z.object({ id: idParam, ...settings }),
    output: displayView,
  }),
  'displays.revoke': endpoint({
    method: 'DELETE',
    path: '/displays/:id',
    summary: 'Revoke a display: its screen shows nothing from now on',
    input: z.object({ id: idParam }),
    output: z.object({ ok: z.literal(true) }),
  }),
  'displays.askCode': endpoint({
    method: 'POST',
    path: '/displays/codes',
    summary: 'For the screen itself: a code to show, and the secret by which it fetches what is granted to it',
    input: none,
    output: z.object({ code: z.string(), secret: z.string(), expiresAt: instant }),
  }),
  'displays.claim': endpoint({
    method: 'POST',
    path: '/displays/claims',
    summary: 'For the screen itself: fetches its token as a cookie once its code was entered',
    input: z.object({ secret: z.string().min(1).max(100) }),
    output: z.object({ paired: z.boolean() }),
  }),
  'displays.own': endpoint({
    method: 'GET',
    path: '/displays/own',
    summary: 'For the screen itself: what it is to show; null for whoever is no display',
    input: none,
    output: z.object({ display: z.object(settings).nullable() }),
  }),
};
