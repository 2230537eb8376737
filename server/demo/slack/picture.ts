import type { DemoSlack, DemoSlackDialog, DemoSlackMessage } from '../../contracts/demo-slack.ts';
import type { Json, SlackMessage, SlackView, Workspace } from './workspace.ts';

/** The workspace as one of its people sees it. */
export function pictureFor(workspace: Workspace, user: string): DemoSlack {
  const mine = ({ members }: { members: ReadonlySet<string> }) => members.has(user);
  const channels = [...workspace.channels.values()].filter(mine);
  const seen = new Set(channels.map(({ id }) => id));
  const dialog = [...workspace.views.values()].filter((view) => view.user === user && !view.closed).at(-1);
  return {
    version: workspace.version,
    now: workspace.now(),
    workspace: workspace.domain,
    bot: workspace.botUser,
    command: workspace.command,
    users: [...workspace.users.values()].map(({ id, name, realName, isBot = false }) => ({
      id,
      name,
      realName,
      isBot,
    })),
    channels: channels.map(({ id, name, im = null }) => ({ id, name, im })),
    messages: workspace.messages
      .filter((message) => message.deletedAt === null && seen.has(message.channel))
      .filter(({ onlyFor }) => onlyFor === null || onlyFor === user)
      .map(messageOf),
    dialog: dialog ? dialogOf(dialog) : null,
  };
}

function messageOf(message: SlackMessage): DemoSlackMessage {
  const { channel, ts, user, text, blocks, threadTs, broadcast, sentAt, editedAt, files, onlyFor } = message;
  const said = { channel, ts, user, text, blocks, threadTs, broadcast, sentAt, editedAt };
  return {
    ...said,
    onlyForYou: onlyFor !== null,
    files: files.map(({ id, name, title, length }) => ({ id, name, title, length })),
  };
}

function dialogOf({ id, view, state, errors }: SlackView): DemoSlackDialog {
  const words = (key: string) => (view[key] as { text: string } | undefined)?.text;
  return {
    id,
    title: words('title') ?? '',
    submit: words('submit') ?? null,
    close: words('close') ?? 'Cancel',
    blocks: view['blocks'] as Json[],
    state,
    errors,
  };
}
