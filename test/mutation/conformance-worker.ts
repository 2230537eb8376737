import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ownCopies, readCaseFiles } from '../conformance/case-file.ts';
import type { Adapter } from '../conformance/families.ts';
import { adapterOf, judge } from '../conformance/judge.ts';

/**
 * Asks every conformance case of one broken copy of the rules after the other, in one process: each copy is imported
 * under a query of its own, so that its modules are loaded anew, and only the broken file differs.
 */
export interface Question {
  readonly id: number;
  readonly path: string;
  readonly source: string;
}

export interface Answer {
  readonly id: number;
  /** The case that noticed, null when none did. */
  readonly noticedBy: string | null;
}

const FRESH = /\/(server\/domain|test\/conformance)\/[^?]+\.ts$/;
const plain = new Map<string, string>();
let asked: Question | null = null;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const query = context.parentURL?.split('?')[1];
    return query && FRESH.test(resolved.url) ? { ...resolved, url: `${resolved.url}?${query}` } : resolved;
  },
  load(url, context, next) {
    const [file, query] = url.split('?');
    if (!query || !file) return next(url, context);
    const path = fileURLToPath(file);
    const source = path === asked?.path ? stripTypeScriptTypes(asked.source) : stripped(path);
    return { format: 'module', source, shortCircuit: true };
  },
});

function stripped(path: string): string {
  const source = plain.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
  plain.set(path, source);
  return source;
}

const files = readCaseFiles([ownCopies]);

async function noticedBy(question: Question): Promise<string | null> {
  asked = question;
  try {
    const { families } = (await import(`../conformance/families.ts?${question.id}`)) as {
      families: Readonly<Record<string, Adapter>>;
    };
    for (const file of files) {
      const adapter = adapterOf(file, families);
      const failed = file.cases.find((one) => !judge(one, adapter).passed);
      if (failed) return `${file.family}: ${failed.name}`;
    }
    return null;
  } catch (error) {
    return String(error);
  }
}

process.on('message', async (question: Question) => {
  const answer: Answer = { id: question.id, noticedBy: await noticedBy(question) };
  process.send?.(answer);
});
