/**
 * Flags of a program as data: read from the command line and the environment, shown in `--help`.
 *
 * @example The command line wins over the environment
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const flags = [
 *   { name: "listen", kind: "text", environment: "LISTEN", fallback: ":9090", help: "Where." },
 * ] as const;
 * const read = (...args: string[]) =>
 *   readFlags(flags, args, new Map([["LISTEN", ":1"]]), "there are flags only").get("listen");
 * equal(read(), ":1");
 * equal(read("--listen=:2"), ":2");
 * ```
 *
 * @module
 */

export {
  commonFlags,
  describeFlags,
  type Environment,
  type Flag,
  type FlagMakers,
  flagMakers,
  type Named,
  readFlags,
  UsageError,
  withFlags,
} from "./flags.ts";
export { readServerTls } from "./tls_flags.ts";
