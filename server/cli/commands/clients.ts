import { durationText, instantText } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { clientNamed, environmentNamed } from '../named.ts';
import { table } from '../text.ts';

export const clients = command(
  {
    summary: 'List clients: environments by the product that they follow',
    args: [],
    options: { environment: { value: 'name', text: 'only of this environment' } },
  },
  async (terminal, _args, { environment }) => {
    const environmentId = environment === undefined ? undefined : await environmentNamed(terminal.client, environment);
    const answer = await terminal.client.call('clients.list', { environmentId });
    const rows = answer.items.map((one) => [
      one.environment,
      `${one.product}/${one.channel}`,
      [one.installerMethod, one.installerVersion].filter(Boolean).join(' '),
      one.runs.map(({ version, failed }) => `${version ?? 'nothing'}${failed ? ' (failed)' : ''}`).join(', '),
      one.checkedAt === null ? 'never' : instantText(one.checkedAt),
      one.checkEveryMs === null ? 'never' : `every ${durationText(one.checkEveryMs)}`,
      one.presence === 'active' ? '' : one.presence.replace('_', ' '),
      one.checkProblem?.sentence ?? '',
    ]);
    const heading = ['environment', 'follows', 'installer', 'runs', 'checked', 'checks', '', 'problem'];
    terminal.show(answer, () => table(heading, rows, 'no environment follows anything yet'));
    return 'ok';
  },
);

const place = ['environment', 'product'] as const;

export const client = command(
  { summary: 'What a client sees now, what it may deploy, and why not', args: place, options: {} },
  async (terminal, { environment, product }) => {
    const { id } = await clientNamed(terminal.client, environment, product);
    const shown = await terminal.client.call('clients.show', { id });
    terminal.show(shown, () =>
      shown.seats.flatMap((seat) => [
        `${environment} runs ${seat.runs ?? 'nothing'}${seat.failed ? ', which failed' : ''}${seat.hosts === null ? '' : ` on ${seat.hosts} hosts`}`,
        ...table(
          ['sees', 'marks', 'may deploy', 'why not'],
          seat.sees.map((release) => [
            release.version,
            marksOf(release),
            release.deployable ? 'yes' : 'no',
            release.refusal?.sentence ?? release.warnings[0]?.sentence ?? '',
          ]),
          'it sees no release',
        ),
        ...seat.unseen.map(({ reason }) => `not seen: ${reason.sentence}`),
      ]),
    );
    return 'ok';
  },
);

function marksOf(release: { required: boolean; demoted: boolean; recalled: boolean; runs: boolean }): string {
  return (['runs', 'required', 'demoted', 'recalled'] as const).filter((mark) => release[mark]).join(', ');
}

export const checkClient = command(
  { summary: 'Have a client look for releases now', args: place, options: {} },
  async (terminal, { environment, product }) => {
    const { id } = await clientNamed(terminal.client, environment, product);
    const outcome = await terminal.client.call('clients.check', { id });
    const lines = [
      ...outcome.appeared.map((version) => `+ ${version}`),
      ...outcome.disappeared.map((version) => `- ${version}`),
    ];
    terminal.show(outcome, () => (lines.length === 0 ? ['nothing new'] : lines));
    return 'ok';
  },
);

export const deployed = command(
  {
    summary: 'Note that a client deployed a release, where its installer allows it',
    args: [...place, 'version'],
    options: { failed: { text: 'it failed to deploy' } },
  },
  async (terminal, { environment, product, version }, { failed }) => {
    const { id } = await clientNamed(terminal.client, environment, product);
    const outcome = failed ? 'failed' : 'succeeded';
    const answer = await terminal.client.call('clients.deploy', { id, version, outcome });
    terminal.show(answer, () => [`${environment} ${failed ? 'failed to deploy' : 'runs'} ${product} ${version}`]);
    return 'ok';
  },
);

export const clientToken = command(
  {
    summary: 'Issue the token under which a client reads its feed; the secret is shown once',
    args: place,
    options: { revoke: { text: 'revoke it instead' } },
  },
  async (terminal, { environment, product }, { revoke }) => {
    const { id, token } = await clientNamed(terminal.client, environment, product);
    if (revoke) {
      if (token === null) throw new UsageError(`${environment} has no token for ${product}: nothing to revoke.`);
      const answer = await terminal.client.call('clients.revokeToken', { id });
      terminal.show(answer, () => [`the token of ${environment} for ${product} is revoked`]);
      return 'ok';
    }
    const answer = await terminal.client.call('clients.issueToken', { id });
    terminal.show(answer, () => [answer.secret]);
    return 'ok';
  },
);
