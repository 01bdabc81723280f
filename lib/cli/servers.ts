import type { TlsWords } from "./credentials.ts";
import { CommandFailure, exitCodes, messageOf } from "./errors.ts";

/** A maglevd that is to be asked; what servers.yaml says of TLS with it. */
export interface Server extends TlsWords {
  /** As the operator calls it, and as it stands in the column of servers. */
  readonly name: string;
  /** As `parseEndpoint` takes it. */
  readonly address: string;
  /** Where the token is that it is shown, if servers.yaml says so. */
  readonly tokenFile?: string;
}

/** What servers.yaml says of a server. */
export type NamedServer = Omit<Server, "name">;

/** Variables of the environment. */
export interface Environment {
  get(name: string): string | undefined;
}

/** Where servers have names: XDG base directories, or nowhere without a home. */
export function serversPath(environment: Environment): string | undefined {
  const home = environment.get("HOME");
  const config = environment.get("XDG_CONFIG_HOME") || (home && `${home}/.config`);
  return config && config.startsWith("/") ? `${config}/maglev/servers.yaml` : undefined;
}

/**
 * The servers of a list such as `rtr1,192.0.2.1:9090`; a name of servers.yaml comes before the host
 * of that name. Throws CommandFailure when something is wrong with the list or that file.
 */
export async function resolveServers(
  list: string,
  environment: Environment,
): Promise<readonly Server[]> {
  const words = list.split(",").map((word) => word.trim());
  const named = words.some(isServerName)
    ? await namedServers(serversPath(environment))
    : new Map<string, NamedServer>();
  const servers = words.map((name) => ({ name, ...named.get(name) ?? { address: name } }));
  for (const { address } of servers) parseEndpoint(address);
  const twice = words.find((word, i) => words.indexOf(word) !== i);
  if (twice === undefined) return servers;
  throw new CommandFailure(`--server names ${twice} twice`, exitCodes.usage);
}

/** Whether a server may have this name: an address with a port, or of IPv6, is none. */
export function isServerName(word: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(word);
}

/** What error messages call a server: one with a name of its own has its address behind it. */
export function placeOf({ name, address }: Server): string {
  return name === address ? name : `${name} (${address})`;
}

/** What stands before `>`: the name, or the host without what every address has in common. */
export function shortName({ name, address }: Server): string {
  if (name !== address) return name;
  const endpoint = parseEndpoint(address);
  if (endpoint.kind === "unix") return "localhost";
  const isNumeric = /^[\d.]+$|:/.test(endpoint.hostname);
  const host = isNumeric ? endpoint.hostname : endpoint.hostname.replace(/\..*/, "");
  return endpoint.port === 9090 ? host : `${host}:${endpoint.port}`;
}

/** Servers by name, in the order of the file; none if there is no file. */
export async function namedServers(
  path: string | undefined,
): Promise<ReadonlyMap<string, NamedServer>> {
  if (path === undefined) return new Map();
  const text = await Deno.readTextFile(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fault(`cannot read ${path}: ${messageOf(error)}`);
  });
  if (text === undefined) return new Map();
  const { readServers } = await import("./servers_file.ts");
  return readServers(path, text);
}

function fault(message: string): CommandFailure {
  return new CommandFailure(message, exitCodes.usage);
}

/** Where the packages have maglevd listen for who is on the machine. */
const usualSocket = "/run/vpp-maglev/api.sock";

/**
 * The server that is meant when none is named: the one on this machine, by its socket where that
 * can be used, as it tells maglevd who asks, and by TCP otherwise.
 */
export async function usualServer(socket = usualSocket): Promise<string> {
  try {
    using _ = await Deno.connect({ transport: "unix", path: socket });
    return `unix:${socket}`;
  } catch {
    // Not there, left behind, or not for this user.
    return defaultAddress;
  }
}

/** Where a maglevd listens. */
export type Endpoint =
  /** IPv6 addresses are in brackets, as in a URL. */
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** maglevd's own default. */
const defaultPort = 9090;

/** Where maglevd listens unless it is told otherwise. */
const defaultAddress = `localhost:${defaultPort}`;

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
      `a server is host:port, unix:PATH or a name of servers.yaml, not "${server}"`,
      exitCodes.usage,
    );
  }
  return { kind: "tcp", hostname: match[1] || "localhost", port };
}

/** What the server is called by, in the request's Host field. */
export function hostField(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? "localhost" : `${endpoint.hostname}:${endpoint.port}`;
}
