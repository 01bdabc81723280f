/**
 * maglevc: a command tree that is data, a walk over it, commands that report, and the ways to
 * run them.
 *
 * @module
 */

export { commandTree } from "./tree.ts";
export { type CommandLine, commandLines, usage } from "./help.ts";
export { runMaglevc } from "./run.ts";
export type {
  Args,
  Command,
  CommandContext,
  Keyword,
  MaglevClient,
  Node,
  Report,
  Slot,
  View,
} from "./node.ts";
export type { Meaning, Style } from "./style.ts";
