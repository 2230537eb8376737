import { join } from 'node:path';
import { connect } from '../../../db/connect.ts';
import { runningUrl } from '../../../db/embedded/running-url.ts';
import type { Config } from '../../config.ts';
import { Refusal } from '../../contracts/errors.ts';
import { issueSignInLink } from './link.ts';

/** A sign-in link straight from the database, for whoever may read it. Refusals: `unavailable`, `not_found`. */
export async function issueLinkOnDatabase(config: Config, email: string): Promise<string> {
  const url = config.databaseUrl ?? (await runningUrl(join(config.dataFolder, 'postgres')));
  if (url === undefined) {
    throw new Refusal(
      'unavailable',
      `sign-in link refused: no Signalbox runs on ${config.dataFolder}. Start it first, or set DATABASE_URL or SIGNALBOX_DATA.`,
    );
  }
  const db = connect(url, { max: 1, applicationName: 'signalbox-login-link' });
  try {
    return await issueSignInLink({ db, config, clock: { now: () => Date.now() } }, email);
  } finally {
    await db.$client.end({ timeout: 1 });
  }
}
