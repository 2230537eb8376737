import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;
const repository = join(here, '..');

/** The wall is a build of its own (`--mode wall`): sharing chunks with the console, it would load what only the console needs. */
export default defineConfig(({ command, mode }) => {
  const build = command === 'build' ? buildId() : 'dev';
  return {
    root: here,
    plugins: [svelte({ configFile: false }), buildFile(build)],
    define: { __BUILD__: JSON.stringify(build) },
    build: {
      outDir: join(here, 'dist'),
      emptyOutDir: mode !== 'wall',
      target: 'es2023',
      // The pages run under default-src 'self': nothing inline, no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: pagesOf(command === 'build' ? mode : 'all'),
      },
    },
    server: {
      proxy: {
        '/api': 'http://127.0.0.1:4600',
        '/socket.io': { target: 'http://127.0.0.1:4600', ws: true },
      },
    },
  };
});

function pagesOf(mode: string): Record<string, string> {
  const wall = { wall: join(here, 'wall.html') };
  const others = { console: join(here, 'index.html'), pair: join(here, 'pair.html') };
  if (mode === 'all') return { ...wall, ...others };
  return mode === 'wall' ? wall : others;
}

/** Twelve hex digits over everything the pages are made of: the same sources give the same id, on every machine. */
function buildId(): string {
  const hash = createHash('sha256').update(readFileSync(join(repository, 'package-lock.json')));
  const folders = [here, join(repository, 'server/domain'), join(repository, 'server/contracts')];
  for (const file of folders.flatMap(sources)) hash.update(file).update(readFileSync(join(repository, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Paths relative to the repository, sorted, without what a build leaves behind. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(here, 'dist')))
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1))
    .sort();
}

/** The server reads `dist/build.json` and says the id in every heartbeat; a page of another build reloads itself. */
function buildFile(build: string): Plugin {
  return {
    name: 'signalbox-build-file',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'build.json', source: JSON.stringify({ build }) });
    },
  };
}
