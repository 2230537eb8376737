import { grantText } from '../../domain/grant.ts';
import { ROLES } from '../../domain/permission.ts';
import { command, type Terminal } from '../command.ts';
import { UsageError } from '../exit.ts';
import { grantsNamed } from '../named.ts';
import { table } from '../text.ts';

export const peopleList = command(
  { summary: 'List people and what they may do', args: [], options: {} },
  async (terminal) => {
    const answer = await terminal.client.call('people.list', {});
    const rows = answer.items.map(({ email, name, grants, totp, disabledAt }) => [
      email,
      name,
      grants.map(grantText).join(',') || 'nothing',
      totp ? 'code' : 'no code',
      disabledAt === null ? 'active' : 'disabled',
    ]);
    terminal.show(answer, () => table(['e-mail', 'name', 'grants', 'sign-in', 'state'], rows, 'no people'));
    return 'ok';
  },
);

export const peopleGrant = command(
  {
    summary: 'Set what a person may do: these grants and no others',
    args: ['e-mail', 'grants'],
    options: {},
  },
  async (terminal, args) => {
    const grants = args.grants === 'none' ? [] : grantsNamed(args.grants, ROLES);
    const person = await terminal.client.call('people.setGrants', { id: await idOf(terminal, args['e-mail']), grants });
    terminal.show(person, () => [
      `${person.email} is now ${person.grants.map(grantText).join(', ') || 'without a grant'}`,
    ]);
    return 'ok';
  },
);

export const peopleDisable = command(
  { summary: 'Keep a person out; ends their sessions', args: ['e-mail'], options: {} },
  async (terminal, args) => {
    const person = await terminal.client.call('people.disable', { id: await idOf(terminal, args['e-mail']) });
    terminal.show(person, () => [`${person.email} is disabled`]);
    return 'ok';
  },
);

export const peopleEnable = command(
  { summary: 'Let a disabled person sign in again', args: ['e-mail'], options: {} },
  async (terminal, args) => {
    const person = await terminal.client.call('people.enable', { id: await idOf(terminal, args['e-mail']) });
    terminal.show(person, () => [`${person.email} is enabled`]);
    return 'ok';
  },
);

async function idOf(terminal: Terminal, email: string): Promise<number> {
  const { items } = await terminal.client.call('people.list', {});
  const found = items.find((person) => person.email === email.toLowerCase());
  if (found) return found.id;
  throw new UsageError(`Nobody has the e-mail ${email}. List them with signalbox people list.`);
}
