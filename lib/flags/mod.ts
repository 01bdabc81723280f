/**
 * Flags of a program as data: read from the command line and the environment, shown in `--help`.
 *
 * @module
 */

export { describeFlags, type Environment, type Flag, readFlags, UsageError } from "./flags.ts";
