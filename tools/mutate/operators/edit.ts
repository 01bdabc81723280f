import ts from "typescript";

/** One change of a source: what stands from `start` to `end` (offsets into its text) is replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What kind of change it is, for the reader: `relaxed comparison`. */
  readonly operator: string;
}

/** Proposes changes at one node of the syntax tree; none where it has nothing to do. */
export type Operator = (node: ts.Node, source: ts.SourceFile) => readonly Edit[];

/** The edit that puts `text` in the place of `node`, without the comments before it. */
export function replaced(
  node: ts.Node,
  source: ts.SourceFile,
  text: string,
  operator: string,
): Edit {
  return { start: node.getStart(source), end: node.getEnd(), text, operator };
}

/** The edits that exchange each of `nodes` with the next one, where `allowed` agrees to the pair. */
export function exchanged<N extends ts.Node>(
  nodes: readonly N[],
  source: ts.SourceFile,
  operator: string,
  allowed: (a: N, b: N) => boolean,
): Edit[] {
  return nodes.slice(1).flatMap((second, index) => {
    const first = nodes[index];
    if (!first || !allowed(first, second)) return [];
    const [a, b] = [first.getText(source), second.getText(source)];
    if (a === b) return [];
    const between = source.text.slice(first.getEnd(), second.getStart(source));
    const [start, end] = [first.getStart(source), second.getEnd()];
    return [{ start, end, text: b + between + a, operator }];
  });
}

/** Whether `node` is what an `if`, a loop or a conditional expression decides by. */
export function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isCondition(parent);
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  return (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) && parent.expression === node;
}
