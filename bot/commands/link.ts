import { escapeMrkdwn } from '../cards/escape.ts';
import { said } from '../caller.ts';
import { toConsole, type Handler } from './handler.ts';

/** Whoever comes this far is linked: the wire sends those who are not their one-time link. */
export const linked: Handler<'link'> = (bot, { actor }) =>
  Promise.resolve(
    said(
      `You are linked as ${escapeMrkdwn(actor.name)}. ${toConsole(bot, '/account', 'Your account')} shows and ends links; end this one to be linked to another.`,
    ),
  );
