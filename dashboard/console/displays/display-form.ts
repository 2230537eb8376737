import { WALL_VIEWS } from '../../../server/domain/wall-view.ts';
import type { WallView } from '../../../server/domain/wall-view.ts';

/** What each view of the wall shows, in the words of the form. */
export const viewWords = {
  overview: 'Overview: everything',
  hosts: 'Hosts: the map alone, large',
  jobs: 'Jobs: rollouts, lanes and the ticker',
} as const satisfies Record<WallView, string>;

export interface DisplayForm {
  code: string;
  name: string;
  views: readonly WallView[];
  /** As it was typed. */
  seconds: string;
}

export const emptyForm: DisplayForm = { code: '', name: '', views: ['overview'], seconds: '30' };

/** In the order in which the wall turns them. */
export function toggled(views: readonly WallView[], view: WallView): WallView[] {
  return WALL_VIEWS.filter((one) => (one === view ? !views.includes(one) : views.includes(one)));
}

/** Why the form cannot be sent; null: it can. `pairing`: it needs a code. */
export function formProblem({ code, name, views, seconds }: DisplayForm, pairing: boolean): string | null {
  if (pairing && code.trim() === '') return 'Enter the code that the screen shows at /wall/pair.';
  if (name.trim() === '') return 'Give it a name: where it hangs.';
  if (views.length === 0) return 'Choose at least one view.';
  const whole = Number(seconds);
  return Number.isInteger(whole) && whole >= 5 && whole <= 3600 ? null : 'Seconds are a whole number from 5 to 3600.';
}
