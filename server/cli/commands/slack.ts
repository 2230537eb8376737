import { command } from '../command.ts';
import { columns } from '../text.ts';

// What only one command needs is loaded by that command.

export const slackManifest = command(
  {
    summary: "Print the manifest of the Slack app for this server's settings",
    args: [],
    options: { 'socket-mode': { text: 'for Socket Mode, before there is an app token' } },
  },
  async (terminal, _args, options) => {
    const [{ readConfig }, { appManifest }, { serverUrl }] = await Promise.all([
      import('../../config.ts'),
      import('../../../bot/manifest.ts'),
      import('../../services/server-url.ts'),
    ]);
    const config = readConfig({ ...terminal.env, ...placeholders(terminal.env) });
    const { command: name = '/release', matchEmail = false, appToken = null } = config.slack ?? {};
    const socketMode = options['socket-mode'] === true || appToken !== null;
    terminal.print(JSON.stringify(appManifest({ command: name, matchEmail, socketMode }, serverUrl(config)), null, 2));
    return 'ok';
  },
);

/** The manifest comes before the tokens, it is what the app is made from: these stand for what is not known yet. */
function placeholders(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: 'xoxb-not-known-yet',
    SLACK_TEAMS: env['SLACK_TEAMS'] ?? 'T0',
    SLACK_SIGNING_SECRET: env['SLACK_SIGNING_SECRET'] ?? 'not-known-yet-at-all',
  };
}

export const slackDoctor = command(
  { summary: 'Look for what is wrong between this server and Slack', args: [], options: {} },
  async (terminal) => {
    const [{ readConfig }, { examine }, { serverUrl }] = await Promise.all([
      import('../../config.ts'),
      import('../../../bot/doctor.ts'),
      import('../../services/server-url.ts'),
    ]);
    const config = readConfig(terminal.env);
    if (!config.slack) {
      terminal.note('Slack is not configured: set SLACK_BOT_TOKEN, SLACK_TEAMS and how Slack reaches the bot.');
      return 'refused';
    }
    const findings = await examine({ slack: config.slack, serverUrl: serverUrl(config), now: () => Date.now() });
    terminal.show(findings, () => columns(findings.map(({ state, what, sentence }) => [MARKS[state], what, sentence])));
    return findings.some(({ state }) => state === 'fail') ? 'refused' : 'ok';
  },
);

const MARKS = { ok: '✓', warn: '!', fail: '✗' } as const;
