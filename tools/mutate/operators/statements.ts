import ts from "typescript";
import { exchanged, type Operator, replaced } from "./edit.ts";

/** Calls, assignments and `throw` left out. */
export const removedStatements: Operator = (node, source) => {
  if (!ts.isExpressionStatement(node) && !ts.isThrowStatement(node)) return [];
  const { expression } = node;
  if (ts.isStringLiteral(expression) || isSuper(expression)) return [];
  return [replaced(node, source, ts.isBlock(node.parent) ? "" : ";", "removed statement")];
};

function isSuper(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
}

/**
 * Early ends of a function or a round left out, where something was done before in the same
 * branch. A branch that does nothing else is left out by its condition already.
 */
export const removedExits: Operator = (node, source) => {
  if (!ts.isReturnStatement(node) && !ts.isContinueStatement(node) && !ts.isBreakStatement(node)) {
    return [];
  }
  const { parent } = node;
  const isBranch = ts.isCaseOrDefaultClause(parent) ||
    (ts.isBlock(parent) && ts.isIfStatement(parent.parent));
  if (!isBranch || parent.statements.length < 2 || endsSwitch(node)) return [];
  return [replaced(node, source, "", "removed exit")];
};

/** Whether this is the `break` behind the last case, where a switch ends anyhow. */
function endsSwitch(node: ts.Statement): boolean {
  const { parent } = node;
  if (!ts.isBreakStatement(node) || !ts.isCaseOrDefaultClause(parent)) return false;
  return parent === parent.parent.clauses.at(-1);
}

/** `() => undefined` for `() => call()`: a callback that does nothing. */
export const removedCallbacks: Operator = (node, source) => {
  if (!ts.isArrowFunction(node) || ts.isBlock(node.body)) return [];
  const body = ts.isVoidExpression(node.body) ? node.body.expression : node.body;
  if (!ts.isCallExpression(body)) return [];
  return [replaced(node.body, source, "undefined", "emptied callback")];
};

/** Neighbouring statements exchanged, if each of them calls something. */
export const swappedStatements: Operator = (node, source) => {
  if (!ts.isBlock(node) && !ts.isCaseOrDefaultClause(node) && !ts.isSourceFile(node)) return [];
  return exchanged(
    [...node.statements],
    source,
    "exchanged statements",
    (a, b) => [a, b].every((each) => ts.isExpressionStatement(each) && callsSomething(each)),
  );
};

function callsSomething(node: ts.Node): boolean {
  if (ts.isCallExpression(node) || ts.isAwaitExpression(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => callsSomething(child) || undefined) ?? false;
}
