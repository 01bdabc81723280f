import ts from "typescript";
import { type Edit, isCondition, type Operator, replaced } from "./edit.ts";

const others = new Map<ts.SyntaxKind, readonly [operator: string, what: string]>([
  [ts.SyntaxKind.LessThanToken, ["<=", "moved boundary"]],
  [ts.SyntaxKind.LessThanEqualsToken, ["<", "moved boundary"]],
  [ts.SyntaxKind.GreaterThanToken, [">=", "moved boundary"]],
  [ts.SyntaxKind.GreaterThanEqualsToken, [">", "moved boundary"]],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ["!==", "negated comparison"]],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ["===", "negated comparison"]],
  [ts.SyntaxKind.AmpersandAmpersandToken, ["||", "exchanged and with or"]],
  [ts.SyntaxKind.BarBarToken, ["&&", "exchanged and with or"]],
]);

/** Comparisons one step wider or narrower, equality negated, `&&` for `||`. */
export const comparisons: Operator = (node, source) => {
  if (!ts.isBinaryExpression(node)) return [];
  const [text, operator] = others.get(node.operatorToken.kind) ?? [];
  if (text === undefined || operator === undefined) return [];
  // A condition that is always true and one that is never true say all that its negation says.
  if (operator === "negated comparison" && isCondition(node)) return [];
  return [replaced(node.operatorToken, source, text, operator)];
};

/** `x` for `!x`. */
export const negations: Operator = (node, source) => {
  if (!ts.isPrefixUnaryExpression(node) || isCondition(node)) return [];
  if (node.operator !== ts.SyntaxKind.ExclamationToken) return [];
  return [replaced(node, source, node.operand.getText(source), "dropped negation")];
};

/** Conditions that always or never hold. A loop's only never does: one without end takes long. */
export const decisions: Operator = (node, source) => {
  const decide = (condition: ts.Expression, text: string): Edit[] =>
    isLiteral(condition) ? [] : [replaced(condition, source, text, "decided condition")];
  if (ts.isIfStatement(node)) {
    return [...decide(node.expression, "true"), ...decide(node.expression, "false")];
  }
  if (ts.isConditionalExpression(node)) {
    return [...decide(node.condition, "true"), ...decide(node.condition, "false")];
  }
  if (ts.isWhileStatement(node)) return decide(node.expression, "false");
  if (ts.isForStatement(node) && node.condition) return decide(node.condition, "false");
  return [];
};

function isLiteral({ kind }: ts.Expression): boolean {
  return kind === ts.SyntaxKind.TrueKeyword || kind === ts.SyntaxKind.FalseKeyword;
}
