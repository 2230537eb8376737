import { grantText } from '../../domain/grant.ts';
import { instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { grantsNamed, idNamed } from '../named.ts';
import { table } from '../text.ts';

const ROLES = ['viewer', 'operator', 'admin', 'reporter'] as const;

export const tokenCreate = command(
  {
    summary: 'Create an API token; its secret is shown once',
    args: ['name'],
    options: {
      grants: {
        value: 'grants',
        text: 'what it may do, default viewer; one product or environment: operator:orders@plant',
      },
      days: { value: 'n', text: 'how long it lives; for ever without' },
    },
  },
  async (terminal, { name }, { grants = 'viewer', days }) => {
    const expiresInDays = days === undefined ? undefined : idNamed(days, '--days');
    const created = await terminal.client.call('tokens.create', {
      name,
      grants: grantsNamed(grants, ROLES),
      expiresInDays,
    });
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
    token.grants.map(grantText).join(','),
    token.createdBy,
    token.lastUsedAt === null ? 'never' : instantText(token.lastUsedAt),
    token.expiresAt === null ? 'never' : instantText(token.expiresAt),
  ]);
  terminal.show(answer, () => table(['token', 'name', 'grants', 'by', 'last used', 'ends'], rows, 'no tokens'));
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
