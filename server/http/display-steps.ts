import { ownDisplay } from '../services/display/displays.ts';
import { askCode, claimDisplay } from '../services/display/pair.ts';
import { step } from './visit.ts';

/** The endpoints of the screens themselves: before they are paired nobody stands behind them. */
export const displaySteps = {
  askCode: step('anyone', (ctx) => askCode(ctx)),

  claim: step('anyone', async (ctx, visit, input: { secret: string }) => {
    const { token } = await claimDisplay(ctx, input);
    if (token !== null) visit.keepDisplay(token);
    return { paired: token !== null };
  }),

  own: step('signed_in', (ctx, visit) => ownDisplay(ctx, visit.displaySecret)),
};
