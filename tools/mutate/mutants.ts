import ts from "typescript";
import { comparisons, decisions, negations } from "./operators/conditions.ts";
import { booleans, codes, numbers } from "./operators/constants.ts";
import type { Edit, Operator } from "./operators/edit.ts";
import { arithmetic, calls, fallbacks, swappedArguments, unary } from "./operators/expressions.ts";
import {
  removedCallbacks,
  removedExits,
  removedStatements,
  swappedStatements,
} from "./operators/statements.ts";

/** One small change of one file, which a test ought to notice. */
export interface Mutant extends Edit {
  /** The file, from the root of the tree. */
  readonly path: string;
  /** Where the change begins, from 1. */
  readonly line: number;
  readonly column: number;
  /** The whole lines it touches, white space made one space: as they are, and as they become. */
  readonly original: string;
  readonly replacement: string;
}

const operators: readonly Operator[] = [
  comparisons,
  negations,
  decisions,
  numbers,
  booleans,
  codes,
  arithmetic,
  unary,
  fallbacks,
  calls,
  swappedArguments,
  removedStatements,
  removedExits,
  removedCallbacks,
  swappedStatements,
];

/** All mutants of a source, in the order of their places. Pure. */
export function mutantsOf(path: string, text: string): Mutant[] {
  const source = parse(path, text);
  const edits = new Map<string, Edit>();
  const visit = (node: ts.Node): void => {
    if (isSilent(node, source)) return;
    for (const edit of operators.flatMap((operator) => operator(node, source))) {
      edits.set(`${edit.start} ${edit.end} ${edit.text}`, edit);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...edits.values()]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((edit) => placed(path, source, edit));
}

/** Whether a mutant of `text` is a program at all, whatever it means. */
export function isParsable(text: string, mutant: Mutant): boolean {
  return parse(mutant.path, mutate(text, mutant)).parseDiagnostics.length === 0;
}

/** The text with the change made. */
export function mutate(text: string, { start, end, text: put }: Edit): string {
  return text.slice(0, start) + put + text.slice(end);
}

/** What no test could notice: types, imports, and records that only a debugger asks for. */
function isSilent(node: ts.Node, source: ts.SourceFile): boolean {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return true;
  if (ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return true;
  if (ts.isExportDeclaration(node)) return true;
  return ts.isExpressionStatement(node) && /\.debug\($/.test(callee(node.expression, source));
}

function callee(node: ts.Expression, source: ts.SourceFile): string {
  return ts.isCallExpression(node) ? `${node.expression.getText(source)}(` : "";
}

function placed(path: string, source: ts.SourceFile, edit: Edit): Mutant {
  const { text } = source;
  const { line, character } = source.getLineAndCharacterOfPosition(edit.start);
  const from = text.lastIndexOf("\n", edit.start - 1) + 1;
  const next = text.indexOf("\n", edit.end);
  const to = next < 0 ? text.length : next;
  return {
    ...edit,
    path,
    line: line + 1,
    column: character + 1,
    original: oneLine(text.slice(from, to)),
    replacement: oneLine(text.slice(from, edit.start) + edit.text + text.slice(edit.end, to)),
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

interface Parsed extends ts.SourceFile {
  /** Kept by the parser, but not part of its declared interface. */
  readonly parseDiagnostics: readonly ts.Diagnostic[];
}

function parse(path: string, text: string): Parsed {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) as Parsed;
}
