import { join } from 'node:path';
import type { Config } from '../../config.ts';

/** Where the verified package of a release lies on this server. It exists under this name only once it is verified. */
export function packagePath(config: Config, productName: string, release: { version: string; digest: string }): string {
  return join(config.dataFolder, 'packages', productName, `${release.version}-${release.digest.slice(0, 8)}.tar.gz`);
}
