import { createSubscriber } from 'svelte/reactivity';
import { on } from 'svelte/events';

const ofWindow = createSubscriber((update) => on(window, 'resize', update));

/** Pixels of this many rem now: very wide windows, and the reader's own settings, make the base larger. */
export function pixels(rem: number): number {
  ofWindow();
  return Math.round(rem * parseFloat(getComputedStyle(document.documentElement).fontSize));
}
