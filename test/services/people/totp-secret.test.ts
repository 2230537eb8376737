import { randomBytes } from 'node:crypto';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { readConfig, type Config } from '../../../server/config.ts';
import { openSecretKey } from '../../../server/secret-key.ts';
import { sealTotpSecret, totpSecretOf } from '../../../server/services/people/totp-secret.ts';
import { newTotpSecret } from '../../../server/services/people/totp.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const base64Key = () => randomBytes(32).toString('base64');
const under = (key: string) => ({
  config: readConfig({ SIGNALBOX_SECRET_KEY: key }),
  log: pino({ level: 'silent' }),
});

describe('the secret of a device, as the database keeps it', () => {
  test('opens under its key and for its person, and in no other way', () => {
    const server = under(base64Key());
    const secret = newTotpSecret();
    const totpSecret = sealTotpSecret(server, 7, secret);
    expect(totpSecretOf(server, { id: 7, totpSecret })).toBe(secret);
    expect(totpSecretOf(server, { id: 8, totpSecret })).toBeNull();
    expect(totpSecretOf(under(base64Key()), { id: 7, totpSecret })).toBeNull();
    const stored = Buffer.from(totpSecret, 'base64');
    for (let at = 0; at < stored.length; at += 1) {
      const changed = Buffer.from(stored);
      changed[at]! ^= 1;
      expect(totpSecretOf(server, { id: 7, totpSecret: changed.toString('base64') })).toBeNull();
    }
    for (const text of ['', secret, 'AAAA']) expect(totpSecretOf(server, { id: 7, totpSecret: text })).toBeNull();
    expect(totpSecretOf(server, { id: 7, totpSecret: null })).toBeNull();
  });

  test('is never the same text twice', () => {
    const server = under(base64Key());
    expect(sealTotpSecret(server, 7, 'JBSWY3DP')).not.toBe(sealTotpSecret(server, 7, 'JBSWY3DP'));
  });
});

describe('the key of the server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  const open = (secretKey: Config['secretKey'] = null) => openSecretKey({ secretKey, dataFolder: folder });

  test('is made once, for its account alone, however many processes start', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => open()));
    const file = join(folder, 'secret.key');
    const written = Buffer.from(await readFile(file, 'utf8'), 'base64');
    expect(written).toHaveLength(32);
    for (const key of keys) expect(key.equals(written)).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await open()).equals(written)).toBe(true);
  });

  test('is the one of the settings where there is one, and then none is made', async () => {
    const { secretKey } = readConfig({ SIGNALBOX_SECRET_KEY: base64Key() });
    expect(await open(secretKey)).toBe(secretKey);
    await expect(stat(join(folder, 'secret.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(() => readConfig({ SIGNALBOX_SECRET_KEY: 'correct horse' })).toThrow(/SIGNALBOX_SECRET_KEY.*32 bytes/);
  });

  test('that cannot be read is said at the start, and never replaced', async () => {
    const file = join(folder, 'secret.key');
    await writeFile(file, 'gone');
    await expect(open()).rejects.toThrow(/holds no key. Put it back from your backup/);
    expect(await readFile(file, 'utf8')).toBe('gone');
    await rm(file);
    await open();
    await chmod(file, 0o400);
    await expect(open()).resolves.toHaveLength(32);
  });
});
