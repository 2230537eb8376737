import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SECRET_KEY, type Config } from './config.ts';

/**
 * The key under which the database keeps what has to be read again: the one of the settings, else the one in the data
 * folder, made at the first start. Throws when the file holds no key: a new one would open nothing of what is stored.
 */
export async function openSecretKey({ secretKey, dataFolder }: Pick<Config, 'secretKey' | 'dataFolder'>) {
  if (secretKey !== null) return secretKey;
  const path = join(dataFolder, 'secret.key');
  const text = ((await read(path)) ?? (await make(path))).trim();
  if (SECRET_KEY.test(text)) return Buffer.from(text, 'base64');
  throw new Error(
    `Start refused: ${path} holds no key. Put it back from your backup, or give the key by SIGNALBOX_SECRET_KEY.`,
  );
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`Start refused: the key in ${path} cannot be read: ${error.message}. Let this account read it.`);
  });
}

/** Of several processes that start at once one makes it, whole, and all use that one. */
async function make(path: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}
