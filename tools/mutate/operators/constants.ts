import ts from "typescript";
import { type Operator, replaced } from "./edit.ts";

/** Of longer lists of numbers every so many are changed: whoever notices one notices each. */
const longList = 16;

/** Numbers one higher, `5` for `4`, `0x80` for `0x7f`. */
export const numbers: Operator = (node, source) => {
  if (isPassedOver(node)) return [];
  if (ts.isNumericLiteral(node) && !isName(node)) {
    const text = node.getText(source);
    const value = Number(text.replaceAll("_", ""));
    return [replaced(node, source, higher(text, value), "changed number")];
  }
  if (ts.isBigIntLiteral(node)) {
    const value = BigInt(node.getText(source).replaceAll("_", "").slice(0, -1));
    return [replaced(node, source, `${value + 1n}n`, "changed number")];
  }
  return [];
};

/** Whether it is what `list[index] ?? 0` has to say to the compiler: the index is in range. */
function isFiller(node: ts.Node | undefined): boolean {
  return node !== undefined && ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
    ts.isElementAccessExpression(node.left);
}

function isPassedOver(node: ts.Node): boolean {
  const { parent } = node;
  if (isFiller(parent)) return true;
  if (!parent || !ts.isArrayLiteralExpression(parent)) return false;
  if (parent.elements.length <= longList) return false;
  return parent.elements.findIndex((each) => each === node) % longList !== 0;
}

function higher(text: string, value: number): string {
  const next = value + 1;
  return /^0x/i.test(text) ? `0x${next.toString(16)}` : String(next);
}

/** `true` for `false`, and the reverse. */
export const booleans: Operator = (node, source) => {
  const { kind } = node;
  if (kind !== ts.SyntaxKind.TrueKeyword && kind !== ts.SyntaxKind.FalseKeyword) return [];
  if (ts.isWhileStatement(node.parent) || ts.isIfStatement(node.parent)) return [];
  const other = kind === ts.SyntaxKind.TrueKeyword ? "false" : "true";
  return [replaced(node, source, other, "changed boolean")];
};

/** What a program reads rather than a person: `L4CON`, `UNAVAILABLE`, `vpp-lbsync-done`. */
const code = /^(?:[A-Z][A-Z0-9_]{2,}|[a-z0-9]+(?:-[a-z0-9]+)+)$/;

/** Codes with a letter more. One that the type knows better is not a mutant: it doesn't compile. */
export const codes: Operator = (node, source) => {
  if (!ts.isStringLiteral(node) || !code.test(node.text) || isName(node)) return [];
  return [replaced(node, source, JSON.stringify(`${node.text}x`), "changed code")];
};

/** Whether a literal is the name of a property, not a value. */
function isName(node: ts.Node): boolean {
  const { parent } = node;
  return (ts.isPropertyAssignment(parent) || ts.isEnumMember(parent)) && parent.name === node;
}
