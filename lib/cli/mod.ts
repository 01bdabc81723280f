/**
 * maglevc: a command tree that is data, a walk over it, commands that report, and the ways to
 * run them.
 *
 * @module
 */

export { type CommandLine, commandLines, usage } from "./help.ts";
export { runMaglevc } from "./run.ts";
