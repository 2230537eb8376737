import { insertPerson } from '../../../db/queries/people.ts';
import { putSlackAccount } from '../../../db/queries/slack-wire.ts';
import type { Role } from '../../../server/domain/permission.ts';
import type { Entered } from '../../../server/demo/slack/field-state.ts';
import type { Person } from '../../../server/demo/slack/person.ts';
import type { SlackMessage, SlackView } from '../../../server/demo/slack/workspace.ts';
import { openRig, type Rig, type RigShape } from '../rig.ts';
import { until } from '../until.ts';
import { openWorkspace, type TestWorkspace } from './workspace.ts';

/** A rig whose server has a bot, and the stand-in of Slack around it: server, hosts and Slack's side are processes of their own or sockets. */
export interface SlackRig {
  readonly rig: Rig;
  readonly slack: TestWorkspace;
  /** A new account with these roles, linked to this Slack user. */
  linked(user: string, name: string, ...roles: Role[]): Promise<Person>;
  close(): Promise<void>;
}

export async function openSlackRig(shape: RigShape): Promise<SlackRig> {
  const slack = await openWorkspace();
  const settings = {
    ...slack.settings(),
    SLACK_COALESCE_MS: '200',
    SLACK_MESSAGES_PER_MINUTE: '900',
    ...shape.settings,
  };
  const rig = await openRig({ ...shape, settings });
  slack.requestUrl = `${rig.server.url}/slack/events`;
  return {
    rig,
    slack,
    async linked(user, name, ...roles) {
      const grants = roles.map((role) => ({ role }));
      const values = { name, email: `${user}@example.com`, passwordHash: null, grants, createdAt: Date.now() };
      await rig.database.db.transaction(async (tx) => {
        const person = await insertPerson(tx, values);
        if (!person) throw new Error(`${values.email} is taken`);
        const { team } = slack.workspace;
        await putSlackAccount(tx, { team, user, userName: name, personId: person.id, linkedAt: Date.now() });
      });
      return slack.person(user);
    },
    async close() {
      await rig.close();
      await slack.close();
    },
  };
}

/** Everything that can be read on a message, as one text. */
export function textOf({ blocks, text }: Pick<SlackMessage, 'blocks' | 'text'>): string {
  const shown = JSON.stringify(blocks.length > 0 ? blocks : text);
  return shown.replaceAll('\\n', '\n').replaceAll(/<[^|>]*\|([^>]*)>/g, '$1');
}

/** The message of a channel, thread or whisper that says all of this. */
export function saying(what: string, read: () => readonly SlackMessage[], ...words: string[]): Promise<SlackMessage> {
  return until(what, () => read().find((message) => words.every((word) => textOf(message).includes(word))), {
    forMs: 30_000,
    seen: () => read().map(textOf),
  });
}

/** Fills the dialog that is open, or about to be, and submits it until it is gone. */
export async function fillIn(person: Person, fields: Readonly<Record<string, Entered>>): Promise<SlackView> {
  const [first = ''] = Object.keys(fields);
  const view = await until(`a dialog with ${first}`, () => {
    const open = person.dialog();
    return open && JSON.stringify(open.view).includes(`"action_id":"${first}"`) ? open : null;
  });
  for (const [field, entered] of Object.entries(fields)) {
    const { hash } = view;
    if (await person.fill(view, field, entered))
      await until(`a dialog that follows ${field}`, () => view.hash !== hash);
  }
  // A plan that has changed since it was shown has to be confirmed again.
  for (let attempt = 0; attempt < 5 && !view.closed; attempt += 1) {
    const submitted = await person.submit(view);
    if (!view.closed && submitted.kind !== 'updated') throw new Error(JSON.stringify(submitted));
  }
  if (!view.closed) throw new Error(`the dialog stays open: ${JSON.stringify(view.view['blocks'])}`);
  return view;
}
