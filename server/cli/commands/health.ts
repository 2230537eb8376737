import { HEALTH_STATES, type HealthState } from '../../domain/observation.ts';
import { listed } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';

export const healthReport = command(
  {
    summary: 'Report how a product does on a host, now or at an instant',
    args: ['host', 'product'],
    options: {
      state: { value: 'state', text: `one of ${HEALTH_STATES.join(', ')}; without, only that it lives` },
      'not-live': { text: 'it does not live' },
      at: { value: 'instant', text: 'when it was so, like 2026-03-02T08:00:00Z; now without' },
    },
  },
  async (terminal, { host, product }, { state, 'not-live': notLive, at }) => {
    const observation = { host, product, at: instantNamed(at), live: notLive !== true, state: stateNamed(state) };
    const answer = await terminal.client.call('health.report', { observations: [observation] });
    const [refused] = answer.refused;
    terminal.show(answer, () => [refused?.sentence ?? `${host} is heard${answer.accepted === 0 ? ', as before' : ''}`]);
    return refused ? 'refused' : 'ok';
  },
);

function stateNamed(text: string | undefined): HealthState | null {
  if (text === undefined) return null;
  const state = HEALTH_STATES.find((one) => one === text.toUpperCase());
  if (!state) throw new UsageError(`${text} is no health state. Name ${listed(HEALTH_STATES)}.`);
  return state;
}

function instantNamed(text: string | undefined): number {
  if (text === undefined) return Date.now();
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    throw new UsageError(`--at ${text} is no instant. Write it with its offset, like 2026-03-02T08:00:00Z.`);
  }
}
