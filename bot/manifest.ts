import type { SlackConfig } from '../server/config.ts';

/** Why the app asks for each scope; `signalbox slack doctor` looks for the same ones. */
export const SCOPES: Readonly<Record<string, string>> = {
  commands: 'the slash command',
  'chat:write': 'cards, threads and answers',
  'app_mentions:read': 'mentions, which do inside threads what the command does elsewhere',
  'users:read': 'who speaks: a member, a guest, a bot, or somebody of another workspace',
  'im:write': 'an answer that has no other place',
  'files:write': 'evidence in the incident thread',
  'channels:read': 'whether a channel is shared with another organization, and whether the bot is in it',
  'groups:read': 'the same for private channels',
  'channels:history': 'whether a card whose answer was lost has arrived, so that it is not posted twice',
  'groups:history': 'the same for private channels',
};
const EMAIL_SCOPE = 'users:read.email';

type ManifestConfig = Pick<SlackConfig, 'command' | 'matchEmail'> & { readonly socketMode: boolean };

export function scopesFor({ matchEmail }: Pick<SlackConfig, 'matchEmail'>): string[] {
  return [...Object.keys(SCOPES), ...(matchEmail ? [EMAIL_SCOPE] : [])];
}

/** The app manifest, as api.slack.com takes it under "From a manifest". `serverUrl`: how Slack reaches us, without a trailing slash. */
export function appManifest(config: ManifestConfig, serverUrl: string) {
  const address = config.socketMode ? undefined : `${serverUrl}/slack/events`;
  return {
    display_information: {
      name: 'Signalbox',
      description: 'Releases: install, approve, roll back, and see what happens.',
      background_color: '#1d2430',
    },
    features: {
      bot_user: { display_name: 'signalbox', always_online: true },
      slash_commands: [
        {
          command: config.command,
          ...(address === undefined ? {} : { url: address }),
          description: 'Releases, jobs, approvals and hosts',
          usage_hint: 'help',
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: scopesFor(config) } },
    settings: {
      event_subscriptions: { ...(address === undefined ? {} : { request_url: address }), bot_events: ['app_mention'] },
      interactivity: {
        is_enabled: true,
        ...(address === undefined ? {} : { request_url: address, message_menu_options_url: address }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: config.socketMode,
      token_rotation_enabled: false,
    },
  };
}
