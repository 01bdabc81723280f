import ts from "typescript";
import { exchanged, type Operator, replaced } from "./edit.ts";

const opposites = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
  [ts.SyntaxKind.AsteriskToken, "/"],
  [ts.SyntaxKind.SlashToken, "*"],
  [ts.SyntaxKind.PlusEqualsToken, "-="],
  [ts.SyntaxKind.MinusEqualsToken, "+="],
  [ts.SyntaxKind.AmpersandToken, "|"],
  [ts.SyntaxKind.BarToken, "&"],
  [ts.SyntaxKind.LessThanLessThanToken, ">>"],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, "<<"],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, "<<"],
]);

/** `-` for `+` and the like; texts put together with `+` are left alone. */
export const arithmetic: Operator = (node, source) => {
  if (!ts.isBinaryExpression(node)) return [];
  const text = opposites.get(node.operatorToken.kind);
  if (text === undefined || isText(node.left) || isText(node.right)) return [];
  return [replaced(node.operatorToken, source, text, "opposite arithmetic")];
};

function isText(node: ts.Expression): boolean {
  if (ts.isBinaryExpression(node)) return isText(node.left) || isText(node.right);
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** `x` for `-x`, and `--` for `++` except in a loop's head, where it would never end. */
export const unary: Operator = (node, source) => {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    return [replaced(node, source, node.operand.getText(source), "dropped sign")];
  }
  if (!ts.isPrefixUnaryExpression(node) && !ts.isPostfixUnaryExpression(node)) return [];
  if (ts.isForStatement(node.parent)) return [];
  const [sign, other] = node.operator === ts.SyntaxKind.PlusPlusToken ? ["++", "--"] : ["--", "++"];
  const text = node.getText(source);
  if (!text.includes(sign)) return [];
  return [replaced(node, source, text.replace(sign, other), "opposite arithmetic")];
};

/** `a` for `a ?? b`, and `a.b` for `a?.b`; mutants only where the type allows it. */
export const fallbacks: Operator = (node, source) => {
  if (node.kind === ts.SyntaxKind.QuestionDotToken) {
    const { parent } = node;
    const dot = ts.isPropertyAccessExpression(parent) ? "." : "";
    return [replaced(node, source, dot, "dropped optional chaining")];
  }
  if (!ts.isBinaryExpression(node)) return [];
  if (node.operatorToken.kind !== ts.SyntaxKind.QuestionQuestionToken) return [];
  return [replaced(node, source, node.left.getText(source), "dropped fallback")];
};

const counterparts = new Map<string, string>([
  ["Math.min", "max"],
  ["Math.max", "min"],
  ["Math.floor", "ceil"],
  ["Math.ceil", "floor"],
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
]);

/** `Math.max` for `Math.min`, `every` for `some`, and the like. */
export const calls: Operator = (node, source) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { expression, name } = node.expression;
  const object = expression.getText(source) === "Math" ? "Math." : "";
  const text = counterparts.get(object + name.text);
  return text === undefined ? [] : [replaced(name, source, text, "exchanged function")];
};

/** Neighbouring arguments exchanged; those of different types don't compile. */
export const swappedArguments: Operator = (node, source) => {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return [];
  if (/^Math\.(?:min|max)$/.test(node.expression.getText(source))) return [];
  return exchanged(
    node.arguments ?? [],
    source,
    "exchanged arguments",
    (a, b) => isSimple(a) && isSimple(b),
  );
};

function isSimple(node: ts.Expression): boolean {
  return ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isNumericLiteral(node);
}
