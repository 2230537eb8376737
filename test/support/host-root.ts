import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { removeHostFolder } from '../../server/demo/remove-host-folder.ts';

/** A host's root folder for the running test; gone when the test ends, its read-only releases as well. */
export async function hostRoot(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-root-'));
  onTestFinished(() => removeHostFolder(folder));
  return folder;
}
