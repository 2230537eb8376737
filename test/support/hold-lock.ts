/** A process of its own that holds a lock until it is killed: `node hold-lock.ts URL CLASS KEY` says `held` when it does. */
import { openSessionLocks } from '../../db/session-lock.ts';

const [url = '', lockClass = '', key = ''] = process.argv.slice(2);
await openSessionLocks(url, 'child').hold(Number(lockClass), Number(key));
process.stdout.write('held\n');
