import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, chown, link, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chooseAccount, requireReach, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';

const run = promisify(execFile);
const major = '18';

/**
 * The folder of one embedded server: `pgdata` (PostgreSQL's own), `password` (0600). `pgdata` appears by one rename
 * once it is complete, so a crash during the first start leaves nothing half made.
 */
export interface ServerFolder {
  dataFolder: string;
  password: string;
  account: Account | undefined;
}

/** Opens the folder, or makes it. Throws with the next step when it is foreign, not writable or of another version. */
export async function openFolder(path: string, binaries: Binaries, durable: boolean): Promise<ServerFolder> {
  const folder = resolve(path);
  const dataFolder = join(folder, 'pgdata');
  await makeWritable(folder);
  const entries = await readdir(folder);
  requireOwnContents(folder, entries);
  const account = await chooseAccount(dataFolder);
  if (account) {
    await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o711);
  }
  await requireReach(account, dataFolder);
  await requireReach(account, binaries.postgres);
  const fresh = !entries.includes('pgdata');
  const password = await readPassword(folder, fresh);
  await removeUnfinished(folder, entries);
  if (fresh) await initialise(folder, { dataFolder, password, account }, binaries, durable);
  await requireVersion(dataFolder);
  return { dataFolder, password, account };
}

async function makeWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `The database folder ${folder} cannot be made or written (${(error as NodeJS.ErrnoException).code}). ` +
        'Make it writable for this user, choose another one with SIGNALBOX_DATA, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

function requireOwnContents(folder: string, entries: string[]): void {
  const own = (name: string) => name === 'pgdata' || name.startsWith('pgdata.new-') || name.startsWith('password');
  const strange = entries.filter((name) => !own(name) && name !== 'lost+found');
  if (entries.includes('pgdata') || strange.length === 0) return;
  throw new Error(
    `The database folder ${folder} holds files that are not Signalbox's (${strange.slice(0, 3).join(', ')}). ` +
      'Nothing was changed. Choose an empty folder with SIGNALBOX_DATA.',
  );
}

/** Linked into place complete: of two first starts at once, both read the one that came first. */
async function readPassword(folder: string, fresh: boolean): Promise<string> {
  const file = join(folder, 'password');
  if (fresh) {
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, randomBytes(24).toString('hex'), { mode: 0o600 });
    await link(draft, file).catch(() => undefined);
    await rm(draft);
  }
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `The database password ${file} cannot be read (${(error as NodeJS.ErrnoException).code}). ` +
        'Restore the file, or start as the user that made the folder.',
      { cause: error },
    );
  }
}

async function removeUnfinished(folder: string, entries: string[]): Promise<void> {
  for (const name of entries.filter((entry) => entry.startsWith('pgdata.new-'))) {
    try {
      process.kill(Number(name.slice('pgdata.new-'.length)), 0);
    } catch {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function initialise(
  folder: string,
  { dataFolder, password, account }: ServerFolder,
  binaries: Binaries,
  durable: boolean,
): Promise<void> {
  const draft = join(folder, `pgdata.new-${process.pid}`);
  const passwordFile = join(folder, `password.${process.pid}`);
  await rm(draft, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  try {
    await run(
      binaries.initdb,
      [
        ...['--pgdata', draft, '--username', 'signalbox', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
        ...['--no-instructions', '--set', 'timezone=UTC', '--set', 'log_timezone=UTC'],
        ...(durable ? [] : ['--no-sync']),
      ],
      { ...account, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
    );
    await rename(draft, dataFolder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim();
    throw new Error(`The database could not be made in ${folder}: ${said}. Mend that and start again.`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

async function requireVersion(dataFolder: string): Promise<void> {
  let version: string;
  try {
    version = (await readFile(join(dataFolder, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `The database in ${dataFolder} cannot be opened (PG_VERSION: ${(error as NodeJS.ErrnoException).code}). ` +
        'Start as the user that owns it, restore it from a backup, or choose another folder with SIGNALBOX_DATA.',
      { cause: error },
    );
  }
  if (version === major) return;
  throw new Error(
    `The database in ${dataFolder} was made by PostgreSQL ${version}, this build brings ${major}. ` +
      `Dump it with the build that made it and restore it here, or run it under a PostgreSQL ${version} of your own and set DATABASE_URL.`,
  );
}
