import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scopesFor } from '../../bot/manifest.ts';
import { readConfig } from '../config.ts';
import { generateKeyPair } from '../feeds/minisign.ts';
import { SLACK_PATH } from '../http/app.ts';
import { startServer } from '../main.ts';
import { applyFleet } from '../services/fleet/apply.ts';
import { startFeedServer } from './feed-server.ts';
import { fleetYaml, startHosts } from './fleet.ts';
import { inSlack } from './in-slack.ts';
import { removeHostFolder } from './remove-host-folder.ts';
import { endProcessesOf } from './leftovers.ts';
import { invitePeople, slackChannels, slackUsers } from './people.ts';
import { canaryProduct, canaryReleases, product, publish, releases, type DemoRelease } from './releases.ts';
import { demoSlackRoutes } from './slack/routes.ts';
import { tellCanaries, tellLastCanary } from './canary-story.ts';
import { startStandIn, type StandIn } from './slack/start.ts';
import { tellStory, type Stage } from './story.ts';
import { signalboxActor } from '../services/verb.ts';

export interface DemoOptions {
  /** End after the story instead of waiting for Ctrl-C. */
  once: boolean;
  port: number;
}

/**
 * The main job on real parts: PostgreSQL in a temporary folder, a feed over HTTP, a fleet of SSH hosts as processes of
 * their own. Prints what happens; Ctrl-C leaves nothing behind. Answers with the exit code.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-demo-'));
  // Started as root, PostgreSQL runs as another user, who has to pass through.
  await chmod(folder, 0o711);
  const cleanups: (() => Promise<unknown>)[] = [() => removeHostFolder(folder)];
  cleanups.unshift(() => endProcessesOf(folder));
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    const told = await stageAndTell(folder, options, cleanups, interrupted.signal);
    if (!options.once && !interrupted.signal.aborted) {
      say('\nThe demo keeps running. Look at the wall, try the console; Ctrl-C ends it and leaves nothing behind.');
      await new Promise((resolve) => interrupted.signal.addEventListener('abort', resolve, { once: true }));
    }
    return told ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) return 0;
    console.error(`The demo broke: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    say('\nCleaning up …');
    for (const cleanup of cleanups) await cleanup().catch((error: unknown) => console.error(error));
  }
}

async function stageAndTell(
  folder: string,
  { once, port }: DemoOptions,
  cleanups: (() => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<boolean> {
  const keys = generateKeyPair();
  say('Building the releases of two products, each a signed package …');
  const urls: Record<string, string> = {};
  const feedOf = (name: string) => ({ folder: join(folder, 'feed', name), product: name, secretKey: keys.secretKey });
  const gauge = feedOf(canaryProduct);
  for (const [feed, first] of [
    [feedOf(product), releases],
    [gauge, [canaryReleases.good]],
  ] as const) {
    await publish(feed, first, Date.now());
    const server = await startFeedServer({ folder: feed.folder });
    cleanups.unshift(() => server.close());
    urls[feed.product] = new URL('index.json', server.url).href;
  }

  say('Starting 18 SSH hosts, each a process with its own key, port and root folder …');
  const hosts = await startHosts(join(folder, 'hosts'), join(folder, 'data', 'keys'));
  cleanups.unshift(() => Promise.all(hosts.map(({ running }) => running.stop())));
  for (const { name, running } of hosts) {
    say(`  ${name.padEnd(16)} ${running.address}:${running.port}  ${running.fingerprint}  (${running.implementation})`);
  }

  say('Starting PostgreSQL, the server, and a stand-in of Slack …');
  const slack = await startStandIn({
    users: slackUsers,
    channels: Object.values(slackChannels),
    scopes: scopesFor({ matchEmail: false }),
  });
  cleanups.unshift(() => slack.close());
  const server = await startServer(demoConfig(join(folder, 'data'), port, slack), undefined, {
    demoRoutes: demoSlackRoutes(slack),
  });
  cleanups.unshift(() => server.stop());
  slack.requestUrl = `http://127.0.0.1:${server.ctx.config.port}${SLACK_PATH}`;
  const people = await invitePeople(server.ctx, slack.workspace.team);
  await applyFleet.run(server.ctx, signalboxActor, {
    file: 'demo.yaml',
    text: fleetYaml(urls, keyLine(keys.publicKey), hosts),
    prune: false,
  });
  say(`\n  Sign in   ${people.signInLink}`);
  say(`  Wall      ${server.url}/wall      (after signing in)`);
  say(`  Console   ${server.url}/`);
  say(`  Slack     ${server.url}/demo/slack      (a stand-in: try /release help there)\n`);
  const stage: Stage = { ctx: server.ctx, operator: people.ana, slack: inSlack(slack, signal), say, signal };
  const release = (added: DemoRelease) => publish(gauge, [added], Date.now());
  const told = await Promise.all([tellStory(stage), tellCanaries(stage, release)]);
  if (!once) await tellLastCanary(stage);
  return told.every(Boolean);
}

/** Everything a demo wants faster than a plant does. Set variables still win. */
function demoConfig(dataFolder: string, port: number, { workspace, apiUrl }: StandIn) {
  return readConfig({
    SIGNALBOX_LOG_LEVEL: 'error',
    SIGNALBOX_BAKE_MS: '2000',
    SIGNALBOX_PROBE_MS: '3000',
    SIGNALBOX_HEALTH_MS: '3000',
    SIGNALBOX_PIPELINE_MS: '5000',
    SIGNALBOX_FEED_CHECK_MS: '15000',
    SIGNALBOX_LINE_PATIENCE_MS: '10000',
    ...process.env,
    SIGNALBOX_PORT: String(port),
    SIGNALBOX_DATA: dataFolder,
    DATABASE_URL: undefined,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_APP_TOKEN: undefined,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_TEAMS: workspace.team,
    SLACK_CHANNEL: slackChannels.releases.id,
    SLACK_ESCALATION_CHANNEL: slackChannels.incidents.id,
    SLACK_API_URL: apiUrl,
    SLACK_COALESCE_MS: '1500',
    SLACK_MESSAGES_PER_MINUTE: '300',
  });
}

/** The key itself, without the comment line of its file. */
function keyLine(publicKeyFile: string): string {
  return publicKeyFile.trim().split('\n').at(-1) ?? '';
}

function say(line: string): void {
  console.log(line);
}
