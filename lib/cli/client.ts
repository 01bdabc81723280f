import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "./errors.ts";
import type { MaglevClient } from "./node.ts";

/**
 * How long an answer, or the first sign of a stream, may take before the operator is told, in
 * milliseconds.
 */
export const callTimeoutMs = 10_000;

/** A client for `host:port`; the Connect protocol over fetch. Connects when first used. */
export function createMaglevClient(server: string): MaglevClient {
  const transport = createConnectTransport({
    baseUrl: serverUrl(server),
    useBinaryFormat: true,
    defaultTimeoutMs: callTimeoutMs,
  });
  return createClient(Maglev, transport);
}

/**
 * The URL of `host:port`, `[v6]:port`, `:port`, a bare host or a bare IPv6 address (port 9090).
 * Throws CommandFailure when it is none of these.
 */
export function serverUrl(server: string): string {
  // A bare IPv6 address: nothing in it could be a port.
  const isBare = /:.*:/.test(server) && URL.canParse(`http://[${server}]/`);
  if (isBare) return serverUrl(`[${server}]`);
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:/\s[\]]*)(?::(\d{1,5}))?$/.exec(server);
  const port = Number(match?.[2] ?? 9090);
  if (!match || server === "" || port < 1 || port > 65535) {
    throw new CommandFailure(`--server wants host:port, not "${server}"`, exitCodes.usage);
  }
  return `http://${match[1] || "localhost"}:${port}`;
}
