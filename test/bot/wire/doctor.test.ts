import { afterEach, describe, expect, test } from 'vitest';
import { examine, type Finding } from '../../../bot/doctor.ts';
import { appManifest, scopesFor } from '../../../bot/manifest.ts';
import { run } from '../../../server/cli/run.ts';
import { openTerminal } from '../../../server/cli/terminal.ts';
import { readConfig, type SlackConfig } from '../../../server/config.ts';
import { channels, openWorkspace, type TestWorkspace } from '../../support/slack/workspace.ts';

/** Against our own stand-in at Slack's protocol. */
let slack: TestWorkspace | undefined;
afterEach(async () => {
  await slack?.close();
  slack = undefined;
});

const scopes = scopesFor({ matchEmail: false });

async function findingsOf(
  options: Parameters<typeof openWorkspace>[0] = {},
  settings: Record<string, string> = {},
  { socketMode = true, now = () => Date.now() } = {},
): Promise<Record<string, Finding>> {
  await slack?.close();
  slack = await openWorkspace({ scopes, ...options });
  const config = readConfig({ ...slack.settings(socketMode), ...settings }).slack as SlackConfig;
  const findings = await examine({ slack: config, serverUrl: 'https://signalbox.example', now });
  return Object.fromEntries(findings.map((finding) => [finding.what, finding]));
}

describe('doctor', () => {
  test('finds nothing where nothing is wrong, and posts nothing', async () => {
    const findings = await findingsOf();
    expect(Object.values(findings).map(({ state }) => state)).toEqual(Array(7).fill('ok'));
    expect(slack?.calls().map(({ method }) => method)).not.toContain('chat.postMessage');
  });

  test('each thing that is wrong has a line that says what to do', async () => {
    expect(await findingsOf({}, { SLACK_BOT_TOKEN: 'xoxb-wrong' })).toMatchObject({
      'bot token': { state: 'fail', sentence: expect.stringContaining('SLACK_BOT_TOKEN') as string },
    });
    expect(await findingsOf({}, { SLACK_TEAMS: 'T0ANOTHER1' })).toMatchObject({ workspace: { state: 'fail' } });
    expect(await findingsOf({ scopes: scopes.filter((scope) => scope !== 'chat:write') })).toMatchObject({
      'scope chat:write': { state: 'fail', sentence: expect.stringContaining('install the app again') as string },
    });
    expect(await findingsOf({}, { SLACK_CHANNEL: channels.elsewhere })).toMatchObject({
      [`channel ${channels.elsewhere}`]: { state: 'fail', sentence: expect.stringContaining('/invite') as string },
    });
    expect(await findingsOf({}, { SLACK_APP_TOKEN: 'xapp-wrong' })).toMatchObject({ 'Socket Mode': { state: 'fail' } });
    const fast = { now: () => Date.now() + 90_000 };
    expect(await findingsOf({}, {}, fast)).toMatchObject({
      clock: { state: 'fail', sentence: expect.stringMatching(/by 1 min (2\d|3\d) s/) as string },
    });
    expect(await findingsOf({}, { SLACK_API_URL: 'http://127.0.0.1:1/api/' })).toMatchObject({
      Slack: { state: 'fail' },
    });
  });

  test('the command ends with 0 when all is well, with 1 when something is not, and prints a line for each', async () => {
    slack = await openWorkspace({ scopes });
    const lines: string[] = [];
    const doctor = (env: Record<string, string>) =>
      run(['slack', 'doctor'], (json) => ({
        ...openTerminal({}, json),
        env,
        show: (_value, made) => void lines.push(...made()),
      }));
    expect(await doctor(slack.settings(true))).toBe(0);
    expect(lines).toHaveLength(7);
    expect(await doctor({ ...slack.settings(true), SLACK_TEAMS: 'T0ANOTHER1' })).toBe(1);
    expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(1);
  });
});

describe('manifest', () => {
  const config = { command: '/deploy', matchEmail: false, socketMode: false };

  test('without Socket Mode every address is the one that the server answers at', () => {
    const { features, settings } = appManifest(config, 'https://signalbox.example');
    const address = 'https://signalbox.example/slack/events';
    expect(features.slash_commands[0]).toMatchObject({ command: '/deploy', url: address });
    expect(settings.event_subscriptions).toEqual({ request_url: address, bot_events: ['app_mention'] });
    expect(settings.interactivity).toMatchObject({ request_url: address, message_menu_options_url: address });
    expect(settings.socket_mode_enabled).toBe(false);
  });

  test('with it there is none, and the e-mail scope is asked for only when e-mails are matched', () => {
    const manifest = appManifest({ ...config, socketMode: true, matchEmail: true }, 'https://signalbox.example');
    expect(JSON.stringify(manifest)).not.toContain('signalbox.example');
    expect(manifest.oauth_config.scopes.bot).toContain('users:read.email');
    expect(appManifest(config, '').oauth_config.scopes.bot).not.toContain('users:read.email');
  });

  test('is printed before there is any token', async () => {
    const printed: string[] = [];
    const terminal = (json: boolean) => ({
      ...openTerminal({}, json),
      env: {},
      print: (line: string) => void printed.push(line),
    });
    expect(await run(['slack', 'manifest', '--socket-mode'], terminal)).toBe(0);
    expect(JSON.parse(printed.join('\n'))).toMatchObject({ settings: { socket_mode_enabled: true } });
  });
});
