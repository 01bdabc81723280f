import { CommandFailure, exitCodes } from "./errors.ts";

/** Where a maglevd listens. */
export type Endpoint =
  /** IPv6 addresses are in brackets, as in a URL. */
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** maglevd's own default. */
const defaultPort = 9090;

/** Where maglevd listens unless it is told otherwise. */
export const defaultAddress = `localhost:${defaultPort}`;

/**
 * What `host:port`, `[v6]:port`, `:port`, a bare host, a bare IPv6 address (port 9090) or
 * `unix:PATH` mean. Throws CommandFailure when it is none of these.
 */
export function parseEndpoint(server: string): Endpoint {
  const [, path] = server.match(/^unix:(?:\/\/(?=\/))?(.+)$/) ?? [];
  if (path !== undefined) return { kind: "unix", path };
  // A bare IPv6 address: nothing in it could be a port.
  const isBare = /:.*:/.test(server) && URL.canParse(`http://[${server}]/`);
  if (isBare) return parseEndpoint(`[${server}]`);
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:/\s[\]]*)(?::(\d{1,5}))?$/.exec(server);
  const port = Number(match?.[2] ?? defaultPort);
  if (!match || server === "" || port < 1 || port > 65535) {
    throw new CommandFailure(
      `--server wants host:port, unix:PATH or a name of servers.yaml, not "${server}"`,
      exitCodes.usage,
    );
  }
  return { kind: "tcp", hostname: match[1] || "localhost", port };
}

/** What the server is called by, in the request's Host field. */
export function hostField(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? "localhost" : `${endpoint.hostname}:${endpoint.port}`;
}
