import { anyPersonExists, insertLink, insertPerson, voidLinks } from '../../../db/queries/people.ts';
import { transact } from '../../../db/transact.ts';
import { setUpLinkUrl } from '../../contracts/access.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import { serverUrl } from '../server-url.ts';
import { redeemLink } from './link.ts';
import { hashPassword } from './password.ts';
import { hashOfSecret, newSecret } from './secret.ts';
import { openSession, type OpenedSession } from './session.ts';

const DAY_MS = 86_400_000;

/** The link that creates the first admin; null once there is anybody. Each call makes a new one and voids the old. */
export async function ensureSetUpLink(ctx: Context): Promise<string | null> {
  const now = ctx.clock.now();
  return ctx.db.transaction(async (tx) => {
    if (await anyPersonExists(tx)) return null;
    const secret = newSecret();
    await voidLinks(tx, { purpose: 'set-up' });
    const tokenHash = hashOfSecret(secret);
    await insertLink(tx, { tokenHash, purpose: 'set-up', createdAt: now, expiresAt: now + DAY_MS });
    return setUpLinkUrl(serverUrl(ctx.config), secret);
  });
}

export interface SetUp {
  token: string;
  name: string;
  email: string;
  password: string;
  address?: string | undefined;
  before?: string | undefined;
}

/** Creates the first admin and signs them in. Refusals: those of the link; `gone` when somebody was there before. */
export async function setUp(
  ctx: Context,
  { token, name, email, password, address, before }: SetUp,
): Promise<OpenedSession> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    await redeemLink(tx, token, 'set-up', now);
    // After the link: nobody without one can make the server hash.
    const passwordHash = await hashPassword(password);
    const values = {
      name,
      email: email.toLowerCase(),
      passwordHash,
      grants: [{ role: 'admin' as const }],
      createdAt: now,
    };
    const person = (await anyPersonExists(tx)) ? undefined : await insertPerson(tx, values);
    if (!person) throw new Refusal('gone', 'set-up refused: this server has been set up already. Sign in instead.');
    await record(tx, { now, actor: name }, 'person.set_up', [person.id], { name, email: values.email });
    return openSession(tx, person, now, { openedBy: 'set-up', address, before });
  });
}
