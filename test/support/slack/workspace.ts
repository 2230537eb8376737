import { scopesFor } from '../../../bot/manifest.ts';
import { startStandIn, type StandIn, type StandInOptions } from '../../../server/demo/slack/start.ts';
import type { SlackUser } from '../../../server/demo/slack/workspace.ts';
import { problemOf } from './check.ts';
import { planFaults, type Faults } from './faults.ts';
import { openSocketMode, type SocketMode } from './socket-mode.ts';

export const channels = { releases: 'C0RELEASES', incidents: 'C0INCIDENT', elsewhere: 'C0ELSEWHERE' } as const;
export const users = { ana: 'U0ANA00001', ben: 'U0BEN00001', cleo: 'U0CLEO0001', guest: 'U0GUEST001' } as const;
const foreignUser = 'U0FOREIGN1';

const people: readonly SlackUser[] = [
  { id: users.ana, name: 'ana', realName: 'Ana Soto', email: 'ana@example.com' },
  { id: users.ben, name: 'ben', realName: 'Ben Okoro', email: 'ben@example.com' },
  { id: users.cleo, name: 'cleo', realName: 'Cleo Marsh', email: 'cleo@example.com' },
  { id: users.guest, name: 'gus', realName: 'Gus Guest', isRestricted: true },
  { id: foreignUser, name: 'flo', realName: 'Flo Foreign', team: 'T0FOREIGN1' },
];

/** A workspace of a test: the stand-in, what can go wrong on the way to it, and its Socket Mode end. */
export interface TestWorkspace extends StandIn {
  readonly faults: Faults;
  /** Deliveries take this way from the moment it is called. */
  useSocketMode(): SocketMode;
  /** What `readConfig` takes to reach it; over Socket Mode when `socketMode` is set. */
  settings(socketMode?: boolean): Record<string, string>;
}

/** People `users`, channels `channels` (the bot is not in `elsewhere`), messages refused as Slack would, and whatever the options change. */
export async function openWorkspace(options: Partial<StandInOptions> = {}): Promise<TestWorkspace> {
  const faults = planFaults();
  const standIn = await startStandIn({
    users: people,
    channels: [
      { id: channels.releases, name: 'releases' },
      { id: channels.incidents, name: 'incidents' },
      { id: channels.elsewhere, name: 'elsewhere', bot: false },
    ],
    socketMode: true,
    fault: faults.fault,
    check: problemOf,
    scopes: scopesFor({ matchEmail: false }),
    ...options,
  });
  const { workspace } = standIn;
  const sockets = openSocketMode(standIn.http, workspace.patienceMs);
  return Object.assign(standIn, {
    faults,
    useSocketMode() {
      standIn.deliver = sockets.deliver;
      return sockets;
    },
    settings: (socketMode = false) => ({
      SLACK_BOT_TOKEN: workspace.botToken,
      ...(socketMode ? { SLACK_APP_TOKEN: workspace.appToken } : { SLACK_SIGNING_SECRET: workspace.signingSecret }),
      SLACK_TEAMS: workspace.team,
      SLACK_CHANNEL: channels.releases,
      SLACK_ESCALATION_CHANNEL: channels.incidents,
      SLACK_API_URL: standIn.apiUrl,
    }),
    close: async () => {
      await sockets.close();
      await standIn.down();
    },
  });
}
