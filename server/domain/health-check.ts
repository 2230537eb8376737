import { HEALTH_STATES, type HealthState } from './observation.ts';

/** How Signalbox itself asks a product on a host how it is: by the health command of its release, or over HTTP. */
export interface HealthCheck {
  /** With `{address}` and `{host}` for those of the host. */
  readonly url: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/** The URL for one host. */
export function checkUrl(url: string, host: string, address: string): string {
  const shown = address.includes(':') ? `[${address}]` : address;
  return url.replaceAll('{address}', shown).replaceAll('{host}', encodeURIComponent(host));
}

/** What a health command says by its exit code. An install wants 0; anything that is not in this table is ERROR. */
const STATE_OF_EXIT: Readonly<Record<number, HealthState>> = {
  0: 'HEALTHY',
  10: 'DEFERRING',
  11: 'WARNING',
  12: 'REPAIRING',
  13: 'SUSPENDED',
  14: 'TERMINAL',
};

/** A command that took too long or could not be run is in ERROR too: whoever is well says so. Rule: section 5 (states). */
export function stateOfExit(code: number): HealthState {
  return STATE_OF_EXIT[code] ?? 'ERROR';
}

/** `said`: the body as JSON. What names its state is in that, else a success is HEALTHY. Rule: section 5 (states). */
export function stateOfAnswer(status: number, said: unknown): HealthState {
  const named = typeof said === 'object' && said !== null && 'state' in said ? said.state : undefined;
  const state = HEALTH_STATES.find((one) => one === named);
  return state ?? (status >= 200 && status < 300 ? 'HEALTHY' : 'ERROR');
}
