import ts from 'typescript';

/** One break of one place in one file. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The line that holds it, trimmed: it finds the place again when lines have moved. */
  readonly code: string;
  /** Which of the same changes on this line, from 0. */
  readonly nth: number;
  /** `>= to >`. */
  readonly change: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

type Break = Pick<Mutant, 'start' | 'end' | 'change' | 'replacement'>;

/** Comparisons at their boundary and the other way, and / or. */
const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [ts.SyntaxKind.LessThanToken]: ['<=', '>='],
  [ts.SyntaxKind.LessThanEqualsToken]: ['<', '>'],
  [ts.SyntaxKind.GreaterThanToken]: ['>=', '<='],
  [ts.SyntaxKind.GreaterThanEqualsToken]: ['>', '<'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ['!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ['==='],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ['||'],
  [ts.SyntaxKind.BarBarToken]: ['&&'],
  [ts.SyntaxKind.MinusToken]: ['+'],
};

/** Up and down, first and last, one and all. */
const METHODS: Readonly<Record<string, string>> = {
  ceil: 'floor',
  floor: 'ceil',
  round: 'floor',
  max: 'min',
  min: 'max',
  find: 'findLast',
  findLast: 'find',
  findIndex: 'findLastIndex',
  findLastIndex: 'findIndex',
  some: 'every',
  every: 'some',
  indexOf: 'lastIndexOf',
  startsWith: 'endsWith',
};

/** Every break of a source file, in the order of the text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lines = source.split('\n');
  const seen = new Map<string, number>();
  return breaksIn(tree).map((found) => {
    const line = tree.getLineAndCharacterOfPosition(found.start).line;
    const code = lines[line]!.trim();
    const key = `${code}\n${found.change}\n${line}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { ...found, file, line: line + 1, code, nth };
  });
}

export function mutated(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function breaksIn(tree: ts.SourceFile): Break[] {
  const breaks: Break[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    breaks.push(...breaksOf(node, tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return breaks;
}

function breaksOf(node: ts.Node, tree: ts.SourceFile): Break[] {
  const at = (part: ts.Node, replacement: string, change = `${part.getText(tree)} to ${replacement}`): Break => ({
    start: part.getStart(tree),
    end: part.getEnd(),
    change,
    replacement,
  });
  if (ts.isBinaryExpression(node)) {
    return (OPERATORS[node.operatorToken.kind] ?? []).map((operator) => at(node.operatorToken, operator));
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    return [at(node, node.operand.getText(tree), 'drop !')];
  }
  if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent) && node.parent.expression === node) {
    const other = Object.hasOwn(METHODS, node.name.text) ? METHODS[node.name.text] : undefined;
    return other ? [at(node.name, other)] : node.name.text === 'at' ? lastToFirst(node.parent, at) : [];
  }
  if (ts.isElementAccessExpression(node) && node.argumentExpression.getText(tree) === '0') {
    return [at(node, `${node.expression.getText(tree)}.at(-1)`, '[0] to .at(-1)')];
  }
  return ts.isConditionalExpression(node) ? [swapped(node, tree, at)] : [];
}

function lastToFirst(
  call: ts.CallExpression,
  at: (part: ts.Node, replacement: string, change?: string) => Break,
): Break[] {
  const [index] = call.arguments;
  return index?.getText() === '-1' ? [at(index, '0', '.at(-1) to .at(0)')] : [];
}

function swapped(
  { whenTrue, whenFalse }: ts.ConditionalExpression,
  tree: ts.SourceFile,
  at: (part: ts.Node, replacement: string, change?: string) => Break,
): Break {
  const whole = { getStart: () => whenTrue.getStart(tree), getEnd: () => whenFalse.getEnd() } as ts.Node;
  return at(whole, `${whenFalse.getText(tree)} : ${whenTrue.getText(tree)}`, 'swap ? and :');
}
