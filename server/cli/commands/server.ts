import { Refusal } from '../../contracts/errors.ts';
import { command } from '../command.ts';
import { idNamed } from '../named.ts';

// What only one command needs is loaded by that command: the database driver alone doubles the start of every other.

export const serve = command({ summary: 'Run the server', args: [], options: {} }, async (terminal) => {
  const { serve: run } = await import('../../main.ts');
  await run(terminal.env, terminal.print);
  return 'ok';
});

export const demo = command(
  {
    summary: 'Run a demo: a feed, a fleet on this machine, and a story',
    args: [],
    options: {
      once: { text: 'end after the story' },
      port: { value: 'n', text: 'where the server listens, default 4600' },
    },
  },
  async (_terminal, _args, { once = false, port }) => {
    const { runDemo } = await import('../../demo/main.ts');
    const code = await runDemo({ once, port: port === undefined ? 4600 : idNamed(port, '--port') });
    return code === 0 ? 'ok' : 'refused';
  },
);

/** Needs the database, not a token: for the day on which nobody can sign in any more. */
export const loginLink = command(
  {
    summary: 'Print a one-time sign-in link for a person; run it where the server runs',
    args: ['e-mail'],
    options: {},
  },
  async (terminal, args) => {
    const [{ readConfig }, { issueLinkOnDatabase }] = await Promise.all([
      import('../../config.ts'),
      import('../../services/people/link-on-database.ts'),
    ]);
    try {
      const link = await issueLinkOnDatabase(readConfig(terminal.env), args['e-mail']);
      terminal.show({ link }, () => [link]);
      return 'ok';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      terminal.note(error.message);
      return 'refused';
    }
  },
);

export const openapi = command(
  { summary: 'Print the OpenAPI document of the server', args: [], options: {} },
  async (terminal) => {
    const url = `${terminal.serverUrl}/openapi.json`;
    const document = await fetch(url)
      .then((response) => (response.ok ? response.json() : undefined))
      .catch(() => undefined);
    if (document === undefined) {
      terminal.note(`${url} does not answer. Check SIGNALBOX_URL and that the server runs.`);
      return 'unreachable';
    }
    terminal.print(JSON.stringify(document, null, 2));
    return 'ok';
  },
);
