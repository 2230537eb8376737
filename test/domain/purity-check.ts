import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import ts from 'typescript';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Names that reach outside: clocks, randomness, timers, the process, the network, the locale of the machine. */
const FORBIDDEN = new Set(
  (
    'Date performance crypto process globalThis global console fetch require eval Function Intl ' +
    'setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame'
  ).split(' '),
);

/** Namespaces of which only one member is impure; they may be used as `Math.max` and in no other way. */
const PARTLY_FORBIDDEN: Readonly<Record<string, string>> = { Math: 'random', Temporal: 'Now' };

/** Methods whose answer depends on the machine's locale. */
const LOCALE_BOUND = new Set(['localeCompare', 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']);

/** What makes a file of `folder` impure: imports from outside, clock, randomness, I/O, memory between calls. */
export function impurities(file: string, source: string, folder: string): Finding[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const what = importFrom(node, file, folder) ?? forbiddenName(node) ?? memory(node, tree);
    if (what) findings.push({ file, line: lineOf(tree, node), what });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return findings;
}

function importFrom(node: ts.Node, file: string, folder: string): string | null {
  if (ts.isMetaProperty(node)) return node.getText();
  const specifier = moduleSpecifier(node);
  if (!specifier) return null;
  if (!ts.isStringLiteralLike(specifier)) return 'a computed import';
  const path = normalize(join(file, '..', specifier.text));
  return specifier.text.startsWith('.') && path.startsWith(`${folder}/`) ? null : `import of ${specifier.text}`;
}

function moduleSpecifier(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImportCall ? (node.arguments[0] ?? node) : undefined;
}

function forbiddenName(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node) && ts.isElementAccessExpression(node.parent) && LOCALE_BOUND.has(node.text)) {
    return node.text;
  }
  if (!ts.isIdentifier(node)) return null;
  if (LOCALE_BOUND.has(node.text)) return node.text;
  if (isOnlyAName(node)) return null;
  if (FORBIDDEN.has(node.text)) return node.text;
  const member = PARTLY_FORBIDDEN[node.text];
  if (member === undefined) return null;
  const used = memberOf(node);
  return used === null || used === member ? `${node.text}${used === null ? ' as a value' : `.${used}`}` : null;
}

/** `x.Date`, `{ Date: 1 }`, a field or a type called Date: a name of ours, not the global one. */
function isOnlyAName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node)
  );
}

function memberOf(node: ts.Identifier): string | null {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return parent.name.text;
  return ts.isQualifiedName(parent) && parent.left === node ? parent.right.text : null;
}

/** A variable at the top level that can change, or an empty collection there to be filled, is memory between two calls. */
function memory(node: ts.Node, tree: ts.SourceFile): string | null {
  if (!ts.isVariableStatement(node) || node.parent !== tree) return null;
  const { flags, declarations } = node.declarationList;
  const changes = (flags & ts.NodeFlags.Const) === 0 || declarations.some(({ initializer }) => isEmptyNew(initializer));
  return changes ? 'a variable between calls' : null;
}

function isEmptyNew(node: ts.Expression | undefined): boolean {
  return node !== undefined && ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0;
}

const SQL_CLOCK =
  /(?<![.\w])(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b|'(?:now|today|tomorrow|yesterday)'\s*::/i;

/** Where SQL reads a clock: in the text of a `.sql` file, in the strings of a `.ts` file, as drizzle's `defaultNow`. */
export function sqlClocks(file: string, source: string): Finding[] {
  return file.endsWith('.sql') ? clocksInSql(file, source) : clocksInCode(file, source);
}

function clocksInSql(file: string, source: string): Finding[] {
  return source.split('\n').flatMap((text, index) => {
    const found = SQL_CLOCK.exec(text.replace(/--.*$/, ''));
    return found ? [{ file, line: index + 1, what: found[0] }] : [];
  });
}

function clocksInCode(file: string, source: string): Finding[] {
  if (!SQL_CLOCK.test(source) && !source.includes('defaultNow')) return [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const found = isText(node) ? SQL_CLOCK.exec(node.text)?.[0] : null;
    const what = found ?? (ts.isIdentifier(node) && node.text === 'defaultNow' ? node.text : null);
    if (what) findings.push({ file, line: lineOf(tree, node), what });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return findings;
}

function isText(node: ts.Node): node is ts.LiteralLikeNode {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** The files under a folder of the repository with one of the endings, as `{ file, source }`; paths start at the root. */
export function sourcesUnder(root: string, folder: string, endings: readonly string[]) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name))
    .map((file) => ({ file, source: readFileSync(join(root, file), 'utf8') }));
}
