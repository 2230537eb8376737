import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** OWASP's figures for scrypt with 32 MiB: about 0.3 s of one core. Kept in the hash, so they can be raised later. */
const COST = { logN: 15, r: 8, p: 3 } as const;
const HASH_BYTES = 32;

interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** `scrypt$15$8$3$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.logN, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/**
 * Whether the password is the one that was hashed. Without a hash (nobody has this e-mail, or signs in by link only) it
 * takes the same time and says no, so that the time tells nothing about who has an account.
 */
export async function passwordMatches(password: string, stored: string | null | undefined): Promise<boolean> {
  const [scheme, logN, r, p, salt, hash] = (stored ?? '').split('$');
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined) {
    await derive(password, Buffer.alloc(16), COST);
    return false;
  }
  const expected = Buffer.from(hash, 'base64url');
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function derive(password: string, salt: Buffer, { logN, r, p }: Cost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
  return new Promise((resolve, reject) => {
    // The same text typed on two keyboards can be two byte strings; NFKC makes them one.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
