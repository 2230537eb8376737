import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The system account that PostgreSQL runs as; undefined: our own, which is not root. */
export interface Account {
  uid: number;
  gid: number;
}

const createAccount: readonly [string, string[]][] = [
  ['useradd', ['--system', '--no-create-home', '--user-group', '--shell', '/bin/false', 'postgres']],
  ['adduser', ['-S', '-D', '-H', 'postgres']],
];

/** PostgreSQL refuses to run as root. Data made by an ordinary user stays that user's; else it is user `postgres`. */
export async function chooseAccount(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataFolder).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const known = await accountNumbers();
  if (known) return known;
  for (const [command, parameters] of createAccount) {
    await run(command, parameters).catch(() => undefined);
    const made = await accountNumbers();
    if (made) return made;
  }
  throw new Error(
    'PostgreSQL does not run as root, and no system user `postgres` exists or could be created. ' +
      'Start Signalbox as an ordinary user, or set DATABASE_URL.',
  );
}

async function accountNumbers(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** A folder that the account cannot pass through hides everything below it: /root, or a temporary folder of mode 0700. */
export async function requireReach(account: Account | undefined, path: string): Promise<void> {
  if (!account) return;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) !== 0) continue;
    throw new Error(
      `Signalbox runs as root, so PostgreSQL runs as user ${account.uid}, and that user may not pass through ${folder}. ` +
        `Run \`chmod o+x ${folder}\`, put Signalbox and its data elsewhere, start it as an ordinary user, or set DATABASE_URL.`,
    );
  }
}
