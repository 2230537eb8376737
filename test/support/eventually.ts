import { vi } from 'vitest';

/** Waits until the assertions hold; fails with the last one that did not. Patient, since test machines are slow. */
export function eventually<T>(assertion: () => T | Promise<T>, timeoutMs = 40_000): Promise<T> {
  return vi.waitFor(assertion, { timeout: timeoutMs, interval: 10 });
}
