import { setTimeout as delay } from 'node:timers/promises';
import type { Context as HttpContext } from 'hono';
import { demoSlackDeed } from '../../contracts/demo-slack.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { App } from '../../http/app.ts';
import { callerOf, signedInPerson } from '../../http/caller.ts';
import type { Context } from '../../services/context.ts';
import { doDeed } from './deed.ts';
import { pictureFor } from './picture.ts';
import type { StandIn } from './start.ts';

/** How long a page waits for something new before it is answered with what it has already. */
const patienceMs = 15_000;
const lookMs = 60;

/** What the demo's page asks: the workspace as it stands, and deeds in it. Only for people who are signed in. */
export function demoSlackRoutes(standIn: StandIn) {
  return (app: App, ctx: Context): void => {
    const admit = async (c: HttpContext) => signedInPerson(await callerOf(ctx, c));
    app.get('/demo/slack/api/workspace', async (c) => {
      await admit(c);
      await newerThan(standIn, Number(c.req.query('after') ?? 0), c.req.raw.signal);
      return c.json(pictureFor(standIn.workspace, knownUser(standIn, c.req.query('as'))), 200, noStore);
    });
    app.post('/demo/slack/api/deeds', async (c) => {
      await admit(c);
      const deed = demoSlackDeed.safeParse(await c.req.json().catch(() => null));
      if (!deed.success) throw new Refusal('malformed', 'Deed refused: it is none of those that the page knows.');
      knownUser(standIn, deed.data.as);
      return c.json(await doDeed(standIn, deed.data), 200, noStore);
    });
    app.get('/demo/slack/api/files/:id', async (c) => {
      await admit(c);
      const file = standIn.workspace.files.get(c.req.param('id'));
      if (!file?.content) return c.notFound();
      return c.body(new Uint8Array(file.content), 200, {
        ...noStore,
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      });
    });
  };
}

const noStore = { 'cache-control': 'no-store' };

function knownUser({ workspace }: StandIn, id: string | undefined): string {
  const user = workspace.users.get(id ?? '');
  if (user && !user.isBot) return user.id;
  throw new Refusal('not_found', `Nobody in the demo's workspace is ${id ?? 'nobody'}. Choose one of its people.`);
}

async function newerThan({ workspace }: StandIn, version: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + patienceMs;
  while (workspace.version <= version && performance.now() < end && !signal.aborted) {
    await delay(lookMs, undefined, { ref: false });
  }
}
