/**
 * maglevc: a command tree that is data, a walk over it, commands that report, and the ways to
 * run them. What it knows of asking maglevds and of telling what they say serves the web view, too.
 *
 * @example The command tree is data
 * ```ts
 * import { ok } from "node:assert/strict";
 *
 * ok(commandLines().some(({ usage }) => usage.startsWith("show frontend")));
 * ```
 *
 * @module
 */

export { type CommandLine, commandLines, usage } from "./help.ts";
export { runMaglevc } from "./run.ts";
export { type ClientTls, readClientTls, readToken, type TlsWords } from "./credentials.ts";
export { callTimeoutMs, type Connection, connectTo, workTimeoutMs } from "./client.ts";
export { CommandFailure, describeError, type ExitCode, exitCodes } from "./errors.ts";
export { hasCode, ignoring } from "./errors.ts";
export { type Patience, Place, watchEvents, type WatchInit } from "./events.ts";
export { type EventWords, eventWords } from "./event_text.ts";
export { allBackends, allFrontends, type Asking, isUntold, withStates } from "./asking.ts";
export type { MaglevClient } from "./node.ts";
export { type Environment, resolveServers, type Server } from "./servers.ts";
export { type Meaning, plainStyle, type Style } from "./style.ts";
export type { Message, MessageInitShape } from "@bufbuild/protobuf";
export type { Client, Code, Transport } from "@connectrpc/connect";
