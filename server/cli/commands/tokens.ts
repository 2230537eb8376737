import { instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { idNamed } from '../named.ts';
import { table } from '../text.ts';

const ROLES = ['viewer', 'operator', 'admin'] as const;

export const tokenCreate = command(
  {
    summary: 'Create an API token; its secret is shown once',
    args: ['name'],
    options: {
      roles: { value: ROLES.join(','), text: 'what it may do, default viewer' },
      days: { value: 'n', text: 'how long it lives; for ever without' },
    },
  },
  async (terminal, { name }, { roles = 'viewer', days }) => {
    const chosen = roles.split(',').map((word) => {
      const role = ROLES.find((known) => known === word.trim());
      if (role === undefined)
        throw new UsageError(`--roles knows ${ROLES.join(', ')}, not ${word}. Tokens never approve.`);
      return role;
    });
    const expiresInDays = days === undefined ? undefined : idNamed(days, '--days');
    const created = await terminal.client.call('tokens.create', { name, roles: chosen, expiresInDays });
    terminal.note(`token ${created.token.id} (${name}). This is its secret, shown this once:`);
    terminal.show(created, () => [created.secret]);
    return 'ok';
  },
);

export const tokenList = command({ summary: 'List API tokens', args: [], options: {} }, async (terminal) => {
  const answer = await terminal.client.call('tokens.list', {});
  const rows = answer.items.map((token) => [
    String(token.id),
    token.name,
    token.roles.join(','),
    token.createdBy,
    token.lastUsedAt === null ? 'never' : instantText(token.lastUsedAt),
    token.expiresAt === null ? 'never' : instantText(token.expiresAt),
  ]);
  terminal.show(answer, () => table(['token', 'name', 'roles', 'by', 'last used', 'ends'], rows, 'no tokens'));
  return 'ok';
});

export const tokenRevoke = command(
  { summary: 'Revoke an API token', args: ['token'], options: {} },
  async (terminal, { token }) => {
    const answer = await terminal.client.call('tokens.revoke', { id: idNamed(token, 'the token') });
    terminal.show(answer, () => [`token ${token} is revoked`]);
    return 'ok';
  },
);
