import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const caseFile = z.object({
  family: z.string(),
  cases: z.array(z.object({ name: z.string(), given: z.unknown(), expect: z.unknown() })),
});

export type CaseFile = z.infer<typeof caseFile> & { readonly path: string };
export type Case = CaseFile['cases'][number];

export const ownCopies = join(import.meta.dirname, 'cases');

/** The case files under the given files and folders (folders with their subfolders, in name order). Throws, naming the file. */
export function readCaseFiles(paths: readonly string[]): CaseFile[] {
  return paths.flatMap(jsonFilesUnder).map(readCaseFile);
}

function jsonFilesUnder(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })) throw new Error(`cannot read cases: ${path} does not exist`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(path, name));
}

function readCaseFile(path: string): CaseFile {
  try {
    return { ...caseFile.parse(JSON.parse(readFileSync(path, 'utf8'))), path };
  } catch (cause) {
    throw new Error(`cannot read cases: ${path} is not { family, cases: [{ name, given, expect }] }`, { cause });
  }
}
